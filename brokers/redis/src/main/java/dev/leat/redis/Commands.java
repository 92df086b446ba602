package dev.leat.redis;

import dev.leat.broker.Append;
import dev.leat.wire.StreamEntry;

/** Commands that are sent from more than one place. */
final class Commands {
  private Commands() {}

  static Command append(Append append) {
    return Command.of("XADD", append.stream(), "*")
        .and(StreamEntry.encode(append.message(), append.dialect()));
  }
}
