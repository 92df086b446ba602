package dev.leat.system;

import static dev.leat.testkit.Awaiting.until;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Programs that share a folder, one of which has it at a time. They are killed one after the other
 * at moments from a seed, also the one that has the folder; or it stands still, or its disk fails.
 */
class FileSharedTest {
  private static final int KILLS = Integer.getInteger("leat.file.kills", 3);
  private static final long SEED = Long.getLong("leat.file.seed", System.nanoTime());
  private static final int PROGRAMS = 3;
  private static final int LONGEST = 800;

  /** Longer than whoever waits for an answer of the one that has the folder. */
  private static final Duration FROZEN = Duration.ofSeconds(17);

  @TempDir private Path folder;

  private String url() {
    return "file:" + folder.resolve("leat") + "?segment=1000000";
  }

  @Test
  @Timeout(3_600)
  void nothing_is_lost_or_done_twice_whoever_has_the_folder_and_is_killed()
      throws InterruptedException {
    Random random = new Random(SEED);
    FilePrograms programs = new FilePrograms(url());
    List<Child> living = new ArrayList<>();
    for (int i = 0; i < PROGRAMS; i++) {
      living.add(programs.start("p" + i));
    }
    for (int kill = 0; kill < KILLS; kill++) {
      LockSupport.parkNanos(Duration.ofMillis(100 + random.nextInt(LONGEST)).toNanos());
      int which = random.nextInt(PROGRAMS);
      Child gone = living.get(which);
      gone.signal("KILL");
      assertThat(gone.exitCode()).isNotZero();
      programs.goOn();
      living.set(which, programs.start("r" + kill));
    }
    assertThat(living).as("seed %d", SEED).allMatch(Child::isAlive);
    programs.kill();

    FileLedger.check(url(), programs.said(), SEED, KILLS);
  }

  @Test
  @Timeout(300)
  void a_folder_whose_disk_fails_the_one_that_has_it_goes_to_another() throws InterruptedException {
    FilePrograms programs = new FilePrograms(url());
    Child first = programs.startFaulty("first");
    programs.start("second");
    programs.goesOn("first");
    programs.goesOn("second");
    first.fail("posix/io/sync/fdatasync");
    until("another has the folder", () -> FileLedger.owner(folder.resolve("leat")) != first.pid());
    programs.goesOn("second");
    programs.kill();

    FileLedger.check(url(), programs.said(), 0, 1);
  }

  @Test
  @Timeout(300)
  void nobody_takes_the_folder_of_one_that_stands_still_and_all_goes_on_with_it()
      throws InterruptedException {
    FilePrograms programs = new FilePrograms(url());
    Child first = programs.start("first");
    programs.start("second");
    programs.goesOn("second");
    first.signal("STOP");
    LockSupport.parkNanos(FROZEN.toNanos());
    assertThat(FileLedger.owner(folder.resolve("leat"))).isEqualTo(first.pid());
    first.signal("CONT");
    programs.goesOn("first");
    programs.goesOn("second");
    programs.kill();

    FileLedger.check(url(), programs.said(), 0, 1);
  }
}
