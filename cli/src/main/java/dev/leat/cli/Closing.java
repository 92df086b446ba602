package dev.leat.cli;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jline.utils.Signals;

/** Closes what a command has opened when the process is told to end. */
final class Closing {
  /** What a process exits with that a signal ended, and the signal's number. */
  private static final int ENDED_BY_SIGNAL = 128;

  private static final Map<String, Integer> SIGNALS = Map.of("INT", 2, "TERM", 15);

  private final CountDownLatch closed = new CountDownLatch(1);
  private final AtomicBoolean begun = new AtomicBoolean();
  private final Thread thread;

  private Closing(Runnable action) {
    thread =
        new Thread(
            () -> {
              try {
                action.run();
              } finally {
                // Whoever waits must not do so for ever because something could not be closed.
                closed.countDown();
              }
            });
  }

  /** Runs the action when the process ends. */
  static Closing on(Runnable action) {
    Closing closing = new Closing(action);
    Runtime.getRuntime().addShutdownHook(closing.thread);
    return closing;
  }

  /**
   * Runs the action when the process ends.
   *
   * @param hasten what else is done when it is told to end once more; the third time it ends at
   *     once
   */
  static Closing on(Runnable action, Runnable hasten) {
    Closing closing = on(action);
    AtomicInteger told = new AtomicInteger();
    SIGNALS.forEach(
        (name, number) ->
            Signals.register(
                name,
                () -> {
                  int times = told.incrementAndGet();
                  if (times > 2) {
                    // Whoever says it three times means it, whatever stands still.
                    Runtime.getRuntime().halt(ENDED_BY_SIGNAL + number);
                  } else if (times == 2) {
                    hasten.run();
                  } else {
                    // Ends once the action was run, and this thread is not to wait for that.
                    new Thread(() -> Runtime.getRuntime().exit(ENDED_BY_SIGNAL + number)).start();
                  }
                }));
    return closing;
  }

  /** Runs the action now. */
  void now() throws InterruptedException {
    begin();
    await();
  }

  /** Has the action run, on a thread of its own; once, and not where the process ends already. */
  void begin() {
    if (begun.compareAndSet(false, true)) {
      try {
        Runtime.getRuntime().removeShutdownHook(thread);
        thread.start();
      } catch (IllegalStateException ending) {
        // Then it runs by itself.
      }
    }
  }

  /** Waits until the action was run, but for no longer than a time; whether it was. */
  boolean await(Duration longest) throws InterruptedException {
    return closed.await(longest.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** Waits until the action was run. */
  void await() throws InterruptedException {
    closed.await();
  }
}
