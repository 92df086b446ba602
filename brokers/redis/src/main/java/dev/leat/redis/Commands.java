package dev.leat.redis;

import dev.leat.Dialect;
import dev.leat.Topic;
import dev.leat.broker.Append;
import dev.leat.broker.Note;
import dev.leat.wire.StreamEntry;
import java.util.List;

/** Commands that are sent from more than one place. */
final class Commands {
  private Commands() {}

  /** A note as it is kept. */
  static List<byte[]> strings(Note note) {
    return StreamEntry.encode(note.message(), Dialect.PACKED);
  }

  /** Whether an append must not bring the stream into being. */
  static boolean isOnlyIfThere(String stream) {
    return Topic.isReplyStream(stream);
  }

  /** A reply whose lane has gone, and its stream with it, must not make that stream anew. */
  static Command append(Append append) {
    Command add = Command.of("XADD", append.stream());
    if (isOnlyIfThere(append.stream())) {
      add.and("NOMKSTREAM");
    }
    return add.and("*").and(StreamEntry.encode(append.message(), append.dialect()));
  }
}
