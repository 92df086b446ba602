package dev.leat.redis;

import dev.leat.broker.Append;
import dev.leat.wire.PackedEntry;

/** Commands that are sent from more than one place. */
final class Commands {
  private Commands() {}

  static Command append(Append append) {
    return Command.of("XADD", append.stream(), "*").and(PackedEntry.encode(append.message()));
  }
}
