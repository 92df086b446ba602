package dev.leat.cli;

import java.io.PrintWriter;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Says that something is still waited for, once it takes longer than a second; to people alone, on
 * standard error, and gone when it is over.
 */
final class Progress {
  /** Empties the line. */
  static final String CLEAR = "\r\u001b[K";

  private Progress() {}

  /** Does some work and meanwhile says what, if there is somebody to see it. */
  static <T> T during(PrintWriter err, String what, boolean shown, Supplier<T> work) {
    if (!shown) {
      return work.get();
    }
    CountDownLatch over = new CountDownLatch(1);
    Thread thread = Thread.startVirtualThread(() -> tick(err, what, over));
    try {
      return work.get();
    } finally {
      over.countDown();
      join(thread);
    }
  }

  /** Says, to people alone, how far it has come, on a line that the next takes; empties it. */
  static void show(PrintWriter err, String what) {
    if (Screen.isTerminal()) {
      err.print(CLEAR + what);
      err.flush();
    }
  }

  private static void tick(PrintWriter err, String what, CountDownLatch over) {
    try {
      int seconds = 0;
      while (!over.await(1, TimeUnit.SECONDS)) {
        seconds++;
        err.printf("%s%s, %d s", CLEAR, what, seconds);
        err.flush();
      }
      if (seconds > 0) {
        err.print(CLEAR);
        err.flush();
      }
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private static void join(Thread thread) {
    try {
      thread.join();
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
