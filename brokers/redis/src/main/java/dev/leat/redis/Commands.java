package dev.leat.redis;

import dev.leat.Topic;
import dev.leat.broker.Append;
import dev.leat.wire.StreamEntry;

/** Commands that are sent from more than one place. */
final class Commands {
  private Commands() {}

  /** A reply whose lane has gone, and its stream with it, must not make that stream anew. */
  static Command append(Append append) {
    Command add = Command.of("XADD", append.stream());
    if (Topic.isReplyStream(append.stream())) {
      add.and("NOMKSTREAM");
    }
    return add.and("*").and(StreamEntry.encode(append.message(), append.dialect()));
  }
}
