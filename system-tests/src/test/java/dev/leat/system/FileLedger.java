package dev.leat.system;

import static dev.leat.testkit.Awaiting.result;
import static dev.leat.testkit.Awaiting.until;
import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.Leat;
import dev.leat.Position;
import dev.leat.StreamRef;
import dev.leat.Topic;
import dev.leat.broker.Entry;
import dev.leat.wire.DeadLetter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** What {@link FileProgram}s have said and what they have done. */
final class FileLedger {
  private FileLedger() {}

  /** Notes what a line of a program says that it had been told. */
  static void read(String line, Collection<String> said) {
    if (line.startsWith(FileProgram.ACCEPTED)) {
      said.add(line.substring(FileProgram.ACCEPTED.length()));
    } else if (line.startsWith(FileProgram.ANSWERED)) {
      said.add(line.substring(FileProgram.ANSWERED.length()));
    }
  }

  /** The process that has a folder, as that says. */
  static long owner(Path folder) {
    try {
      return Long.parseLong(Files.readAllLines(folder.resolve("leat-owner")).getFirst());
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  /** Has what is left done, and compares: all that was said has been done, once, and in order. */
  static void check(String url, Set<String> said, long seed, int kills) {
    List<String> ledger = new ArrayList<>();
    try (Leat leat = Leat.connect(url)) {
      FileProgram.work(leat);
      until("all is done", () -> isDone(leat));
      read(leat, ledger);
      givenUp(leat).forEach(letter -> ledger.add(letter.message().payload().asText()));
    }
    System.out.printf(
        "seed %d: %d kills, %d said to be accepted or answered, %d done%n",
        seed, kills, said.size(), ledger.size());
    assertThat(said).as("seed %d", seed).hasSizeGreaterThan(10 * kills);
    assertThat(ledger).as("seed %d, done twice", seed).doesNotHaveDuplicates();
    assertThat(ledger).as("seed %d, lost", seed).containsAll(said);
    byKey(ledger)
        .forEach(
            (key, numbers) -> assertThat(numbers).as("seed %d, order of %s", seed, key).isSorted());
  }

  /** On a slow machine some come to their end with one worker that was killed after the other. */
  private static List<DeadLetter> givenUp(Leat leat) {
    List<DeadLetter> letters =
        result(leat.broker().range(deadLetters(), Position.START, 1_000)).stream()
            .map(entry -> DeadLetter.read(entry.message()))
            .toList();
    assertThat(letters)
        .allMatch(letter -> letter.detail().contains("workers ended while they handled it"));
    return letters;
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
