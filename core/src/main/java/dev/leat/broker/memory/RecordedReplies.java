package dev.leat.broker.memory;

import dev.leat.Message;
import dev.leat.broker.Append;
import dev.leat.wire.StreamKeys;
import java.time.InstantSource;
import java.util.List;

/**
 * Writes down what lanes are answered, so that it can be looked up once they have ended. A reply is
 * left out where there is no room for it on the disk: what it ends is to be ended all the same. Any
 * thread.
 */
final class RecordedReplies {
  private final Journal journal;
  private final InstantSource clock;

  // Guarded by this: they ascend in the order in which they are written.
  private EntryId last = new EntryId(0, 0);
  private long offset;

  RecordedReplies(Journal journal, InstantSource clock) {
    this.journal = journal;
    this.clock = clock;
  }

  /**
   * Writes changes with what is answered.
   *
   * @return its position
   */
  long write(List<Append> replies, Changes changes) {
    if (replies.isEmpty() || !journal.keeps()) {
      return journal.write(changes);
    }
    synchronized (this) {
      for (Append reply : replies) {
        Message message = reply.message();
        int size = message.payload().size();
        if (size <= journal.largest() && journal.refusal(size) == null) {
          last = last.next(clock.millis());
          changes.answered(StreamKeys.of(reply.stream()), offset++, last, message);
        }
      }
      return journal.write(changes);
    }
  }
}
