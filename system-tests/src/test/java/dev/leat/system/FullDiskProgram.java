package dev.leat.system;

import dev.leat.BadConfiguration;
import dev.leat.Leat;
import dev.leat.Payload;
import dev.leat.StreamFull;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/** Sends until the disk is full, works until it is not, and sends again; says how that went. */
final class FullDiskProgram {
  private static final Payload LARGE = Payload.text("x".repeat(20_000));
  private static final Duration LONG = Duration.ofSeconds(30);

  private FullDiskProgram() {}

  /** {@code FOLDER} on a disk of some megabytes. */
  public static void main(String... arguments) throws IOException, InterruptedException {
    try {
      run("file:" + arguments[0] + "/leat?segment=500000&history=0");
      try (Stream<Path> files = Files.list(Path.of(arguments[0], "leat"))) {
        System.out.println("files " + files.count());
      }
    } catch (BadConfiguration wrong) {
      System.out.println("cannot be used " + wrong.getMessage());
    }
  }

  private static void run(String url) throws InterruptedException {
    int accepted;
    try (Leat leat = Leat.connect(url)) {
      accepted = sendUntilRefused(leat);
      System.out.println("accepted " + accepted);
      CountDownLatch handled = new CountDownLatch(accepted);
      leat.worker("t").onOneWay("x", String.class, (text, request) -> handled.countDown()).start();
      System.out.println("handled " + handled.await(LONG.toSeconds(), TimeUnit.SECONDS));
      System.out.println("sent again " + sendAgain(leat));
    }
    try (Leat leat = Leat.connect(url)) {
      System.out.println("opened again " + sendAgain(leat));
    }
  }

  private static int sendUntilRefused(Leat leat) {
    int accepted = 0;
    try {
      while (true) {
        leat.caller().send("t", "x", LARGE);
        accepted++;
      }
    } catch (StreamFull full) {
      System.out.println("refused " + full.getMessage());
      return accepted;
    }
  }

  /** A disk that has room again is seen within a second or two. */
  private static boolean sendAgain(Leat leat) {
    long until = System.nanoTime() + LONG.toNanos();
    while (System.nanoTime() < until) {
      try {
        leat.caller().send("t", "x", LARGE);
        return true;
      } catch (StreamFull full) {
        LockSupport.parkNanos(Duration.ofMillis(50).toNanos());
      }
    }
    return false;
  }
}
