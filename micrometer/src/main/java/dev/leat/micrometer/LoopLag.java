package dev.leat.micrometer;

import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.LongSupplier;

/**
 * How late an event loop is: it is given a task each time that somebody looks, and has taken up the
 * one before or not. Any thread.
 */
final class LoopLag {
  private static final double SECOND = 1_000_000_000;

  private final Executor loop;
  private final LongSupplier clock;

  /** When the task was given that was not taken up yet; 0 for none. */
  private long given;

  private long last;
  private boolean isAsked;
  private boolean ended;

  LoopLag(Executor loop, LongSupplier clock) {
    this.loop = loop;
    this.clock = clock;
  }

  /** Of the last task, as far as that is known; not a number once the loop has ended. */
  double seconds() {
    synchronized (this) {
      if (ended) {
        return Double.NaN;
      }
      if (isAsked) {
        return Math.max(last, clock.getAsLong() - given) / SECOND;
      }
      isAsked = true;
      given = clock.getAsLong();
    }
    try {
      loop.execute(this::taken);
    } catch (RejectedExecutionException over) {
      synchronized (this) {
        ended = true;
      }
    }
    synchronized (this) {
      return last / SECOND;
    }
  }

  private synchronized void taken() {
    last = clock.getAsLong() - given;
    isAsked = false;
  }
}
