package dev.leat.cli;

import dev.leat.Leat;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.ToIntFunction;

/** Runs what comes to an end in good order where the process is told to end in the midst of it. */
final class Stoppable {
  /** So long the process waits for what is under way when it is told to end. */
  private static final long FAREWELL_SECONDS = 10;

  private Stoppable() {}

  /**
   * Runs it, and closes the connection once it is done, or has taken too long to stop.
   *
   * @param work is given whether it is to stop, and gives the exit code
   */
  static int run(Leat leat, ToIntFunction<BooleanSupplier> work) throws InterruptedException {
    CountDownLatch stopped = new CountDownLatch(1);
    CountDownLatch done = new CountDownLatch(1);
    Closing closing =
        Closing.on(
            () -> {
              stopped.countDown();
              awaitDone(done);
              leat.close();
            });
    try {
      return work.applyAsInt(() -> stopped.getCount() == 0);
    } finally {
      done.countDown();
      closing.now();
    }
  }

  private static void awaitDone(CountDownLatch done) {
    try {
      var unused = done.await(FAREWELL_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
