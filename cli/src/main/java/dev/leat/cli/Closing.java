package dev.leat.cli;

import java.util.concurrent.CountDownLatch;

/** Closes what a command has opened when the process is told to end. */
final class Closing {
  private final CountDownLatch closed = new CountDownLatch(1);
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

  /** Runs the action now. */
  void now() throws InterruptedException {
    Runtime.getRuntime().removeShutdownHook(thread);
    thread.start();
    await();
  }

  /** Waits until the action was run. */
  void await() throws InterruptedException {
    closed.await();
  }
}
