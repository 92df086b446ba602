package dev.leat.worker;

import org.jspecify.annotations.Nullable;

/**
 * The thread that one delivery is handled on, and what stops it: its time, or somebody else. Times
 * are epoch milliseconds. Any thread.
 */
final class HandlerThread {
  /** Milliseconds that a handler has to heed its interruption. */
  private static final long DEAF = 1_000;

  /** What has stopped a handler that does not heed it. */
  record Deaf(Thread thread, StopReason reason) {}

  private @Nullable Thread thread;
  private @Nullable StopReason stopped;
  private long stoppedAt;

  /** When it is stopped by itself, and why then; read by a timer much more often than changed. */
  private volatile long until = Long.MAX_VALUE;

  private volatile StopReason why = StopReason.EXPIRED;

  /** The calling thread handles from here on; false if that was stopped before it began. */
  synchronized boolean begin(long until, StopReason why) {
    if (stopped != null) {
      return false;
    }
    this.why = why;
    this.until = until;
    thread = Thread.currentThread();
    return true;
  }

  /** Its handler is done. Called by the thread that began. */
  void end() {
    synchronized (this) {
      until = Long.MAX_VALUE;
      thread = null;
    }
    // An interruption that came too late must not meet what is done from here on.
    var unused = Thread.interrupted();
  }

  /** Interrupts the handler, if it is at work; only the first reason counts. */
  synchronized void stop(StopReason reason, long now) {
    if (stopped == null) {
      stopped = reason;
      stoppedAt = now;
      if (thread != null) {
        thread.interrupt();
      }
    }
  }

  /** Stops what has run out of time. */
  void checkTime(long now) {
    if (now >= until) {
      stop(why, now);
    }
  }

  /** Why it was stopped; null if it was not. */
  synchronized @Nullable StopReason reason() {
    return stopped;
  }

  /** The handler that was stopped a while ago and goes on all the same; null if there is none. */
  synchronized @Nullable Deaf deaf(long now) {
    return thread != null && stopped != null && now - stoppedAt >= DEAF
        ? new Deaf(thread, stopped)
        : null;
  }
}
