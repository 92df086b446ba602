package dev.leat.gateway.admission;

import dev.leat.broker.GroupHealth;
import dev.leat.broker.StreamHealth;

/**
 * Bytes that wait in a topic's stream for workers, as far as it is known: what stood there when it
 * was looked at last, and what was sent since. Any thread.
 */
final class TopicBacklog {
  // All below is guarded by this.
  private long waiting;
  private long sent;
  private long sentBefore;
  private final LookPace pace;

  /**
   * Nothing is known yet.
   *
   * @param pause milliseconds between two looks, at least
   */
  TopicBacklog(long pause) {
    this.pace = new LookPace(pause);
  }

  /** Counts what is sent, unless as much waits as may. */
  synchronized boolean takes(long bytes, long limit) {
    if (waiting + sent >= limit) {
      return false;
    }
    sent += bytes;
    return true;
  }

  /** Nobody looks at what is idle. */
  synchronized boolean isToBeLookedAt(long now) {
    if (!pace.isDue(now) || (waiting == 0 && sent == 0)) {
      return false;
    }
    pace.begin(now);
    sentBefore = sent;
    return true;
  }

  /** The broker did not say. */
  synchronized void lookedInVain(long now) {
    pace.end(now);
  }

  /** What was sent while it was asked may be in there, or not yet. */
  synchronized void looked(StreamHealth health, long now) {
    lookedInVain(now);
    waiting = waiting(health);
    sent -= sentBefore;
  }

  /**
   * What no group has completed, one that has been left behind included: it cannot be trimmed. All
   * of it where nobody reads it.
   */
  private static long waiting(StreamHealth health) {
    long length = health.length().orElse(0);
    long entries = health.groups().stream().mapToLong(TopicBacklog::entries).max().orElse(length);
    long bytes = health.bytes().orElse(0);
    return length == 0 ? 0 : (long) (bytes * Math.min(1.0, (double) entries / length));
  }

  private static long entries(GroupHealth group) {
    return group
        .unfinished()
        .orElseGet(() -> group.pending().orElse(0) + group.backlog().orElse(0));
  }
}
