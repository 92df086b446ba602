package dev.leat.system;

import static dev.leat.testkit.Awaiting.result;
import static dev.leat.testkit.Awaiting.until;
import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.Leat;
import dev.leat.Position;
import dev.leat.StreamRef;
import dev.leat.Topic;
import dev.leat.broker.Entry;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
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

    List<String> ledger = new ArrayList<>();
    try (Leat leat = Leat.connect(url)) {
      FileProgram.work(leat);
      until("all is done", () -> isDone(leat));
      read(leat, ledger);
      assertThat(result(leat.broker().range(deadLetters(), Position.START, 10))).isEmpty();
    }
    System.out.printf(
        "seed %d: %d kills, %d said to be accepted or answered, %d done%n",
        SEED, KILLS, said.size(), ledger.size());
    assertThat(said).as("seed %d", SEED).hasSizeGreaterThan(10 * KILLS);
    assertThat(ledger).as("seed %d, done twice", SEED).doesNotHaveDuplicates();
    assertThat(ledger).as("seed %d, lost", SEED).containsAll(said);
    byKey(ledger)
        .forEach(
            (key, numbers) -> assertThat(numbers).as("seed %d, order of %s", SEED, key).isSorted());
  }

  /** What a program says until it is killed, so long after it has begun. */
  private static List<String> linesOf(String url, int run, int millis) {
    List<String> said = new ArrayList<>();
    try (Child child = Child.start(FileProgram.class, url, "r" + run)) {
      child.lineAfter("ready ");
      Thread killer =
          Thread.startVirtualThread(
              () -> {
                LockSupport.parkNanos(Duration.ofMillis(millis).toNanos());
                child.signal("KILL");
              });
      String line = child.line();
      while (!line.equals("null")) {
        if (line.startsWith(FileProgram.ACCEPTED)) {
          said.add(line.substring(FileProgram.ACCEPTED.length()));
        } else if (line.startsWith(FileProgram.ANSWERED)) {
          said.add(line.substring(FileProgram.ANSWERED.length()));
        }
        line = child.line();
      }
      killer.join();
    } catch (InterruptedException interrupted) {
      throw new AssertionError(interrupted);
    }
    return said;
  }

  private static boolean isDone(Leat leat) {
    return result(leat.broker().health(Topic.of(FileProgram.TOPIC).incoming())).groups().stream()
        .allMatch(group -> group.unfinished().orElseThrow() == 0);
  }

  private static StreamRef deadLetters() {
    return Topic.of(FileProgram.TOPIC).deadLetters();
  }

  private static void read(Leat leat, List<String> into) {
    Position from = Position.START;
    List<Entry> page;
    do {
      page = result(leat.broker().range(Topic.of(FileProgram.LEDGER).incoming(), from, 10_000));
      page.forEach(entry -> into.add(entry.message().payload().asText()));
      from = page.isEmpty() ? from : Position.after(page.getLast().id());
    } while (!page.isEmpty());
  }

  private static Map<String, List<Integer>> byKey(List<String> ledger) {
    return ledger.stream()
        .map(text -> text.split(" "))
        .collect(
            Collectors.groupingBy(
                parts -> parts[0],
                Collectors.mapping(parts -> Integer.parseInt(parts[1]), Collectors.toList())));
  }
}
