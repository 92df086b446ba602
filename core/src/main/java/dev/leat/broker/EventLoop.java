package dev.leat.broker;

import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.Executor;

/**
 * One thread that runs short tasks in order, and the time it lives in. Whoever needs time, timers
 * or a thread takes it from a loop, so that a test can bring its own.
 *
 * <p>{@link #execute} and {@link #schedule} may be called from any thread. Tasks must not block.
 */
public interface EventLoop extends Executor {
  /** Whether the calling thread is this loop's. */
  boolean inLoop();

  /** Runs a task on the loop after a delay; a delay of zero or less means as soon as possible. */
  Timer schedule(Duration delay, Runnable task);

  /**
   * The time that deadlines and leases are measured by. It does not jump, and need not be the time
   * of day: {@link SteadyClock}.
   */
  InstantSource clock();

  /** The time of day, for what people read. */
  default InstantSource wallClock() {
    return InstantSource.system();
  }

  /**
   * What this loop is made of, for a broker that can share it: a client library's own context, say.
   */
  default <T> Optional<T> unwrap(Class<T> kind) {
    return Optional.empty();
  }

  /** A task that waits for its time. */
  interface Timer {
    /** Gives it up; without effect once it has run. Any thread. */
    void cancel();
  }
}
