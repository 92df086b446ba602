package dev.leat.system;

import static dev.leat.testkit.Awaiting.until;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Programs that share a folder, one of which has it at a time. They are killed one after the other
 * at moments from a seed, also the one that has the folder.
 */
class FileSharedTest {
  private static final int KILLS = Integer.getInteger("leat.file.kills", 6);
  private static final long SEED = Long.getLong("leat.file.seed", System.nanoTime());
  private static final int PROGRAMS = 3;
  private static final int LONGEST = 800;

  @TempDir private Path folder;
  private final List<Thread> readers = new ArrayList<>();
  private final Set<String> said = ConcurrentHashMap.newKeySet();

  @Test
  @Timeout(3_600)
  void nothing_is_lost_or_done_twice_whoever_has_the_folder_and_is_killed()
      throws InterruptedException {
    String url = "file:" + folder.resolve("leat") + "?segment=1000000";
    Random random = new Random(SEED);
    List<Child> programs = new ArrayList<>();
    for (int i = 0; i < PROGRAMS; i++) {
      programs.add(start(url, "p" + i));
    }
    for (int kill = 0; kill < KILLS; kill++) {
      LockSupport.parkNanos(Duration.ofMillis(100 + random.nextInt(LONGEST)).toNanos());
      int which = random.nextInt(PROGRAMS);
      Child gone = programs.get(which);
      gone.signal("KILL");
      assertThat(gone.exitCode()).isNotZero();
      int before = said.size();
      until("the others go on", () -> said.size() > before);
      programs.set(which, start(url, "r" + kill));
    }
    assertThat(programs).as("seed %d", SEED).allMatch(Child::isAlive);
    programs.forEach(program -> program.signal("KILL"));
    for (Thread reader : readers) {
      reader.join();
    }

    FileLedger.check(url, said, SEED, KILLS);
  }

  private Child start(String url, String name) {
    Child child = Child.start(FileProgram.class, url, name);
    child.lineAfter("ready ");
    readers.add(Thread.startVirtualThread(() -> readAll(child)));
    return child;
  }

  private void readAll(Child child) {
    String line = child.line();
    while (!line.equals("null")) {
      FileLedger.read(line, said);
      line = child.line();
    }
  }
}
