package dev.leat.system;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A program over {@code file:} that is killed under load, again and again, at moments from a seed.
 * What it had said was accepted or answered has been done, once, and in order.
 */
class FileKilledTest {
  /** More of them with {@code system-tests/file-killed N}. */
  private static final int KILLS = Integer.getInteger("leat.file.kills", 12);

  private static final long SEED = Long.getLong("leat.file.seed", System.nanoTime());
  private static final int LONGEST = 600;

  @TempDir private Path folder;

  @Test
  @Timeout(3_600)
  void nothing_that_was_accepted_is_lost_and_nothing_is_done_twice_or_out_of_order() {
    String url = "file:" + folder.resolve("leat") + "?segment=1000000";
    Random random = new Random(SEED);
    Set<String> said = new HashSet<>();
    for (int run = 0; run < KILLS; run++) {
      said.addAll(linesOf(url, run, random.nextInt(LONGEST)));
    }

    FileLedger.check(url, said, SEED, KILLS);
  }

  /** What a program says until it is killed, so long after it has said something. */
  private static List<String> linesOf(String url, int run, int millis) {
    List<String> said = new ArrayList<>();
    try (Child child = Child.start(FileProgram.class, url, "r" + run)) {
      child.lineAfter("ready ");
      // However long a busy machine takes until the first is accepted.
      String line = child.line();
      Thread killer =
          Thread.startVirtualThread(
              () -> {
                LockSupport.parkNanos(Duration.ofMillis(millis).toNanos());
                child.signal("KILL");
              });
      while (!line.equals("null")) {
        FileLedger.read(line, said);
        line = child.line();
      }
      killer.join();
    } catch (InterruptedException interrupted) {
      throw new AssertionError(interrupted);
    }
    return said;
  }
}
