package dev.leat.gateway.admission;

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
    waiting = health.waitingBytes().orElse(0);
    sent -= sentBefore;
  }
}
