package dev.leat.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.Leat;
import dev.leat.broker.Capability;
import dev.leat.redis.RedisServerProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the document says a broker can do is what it can. */
class CapabilitiesDocumentTest {
  private static final int MEMORY = 4;
  private static final int FILE = 5;
  private static final int REDIS = 6;

  private final List<String[]> rows = rows();

  @Test
  void every_capability_stands_in_the_document_once() {
    assertThat(rows)
        .extracting(row -> row[1])
        .containsExactlyInAnyOrderElementsOf(
            Arrays.stream(Capability.values()).map(Capability::name).toList());
  }

  @Test
  void the_document_says_what_the_embedded_broker_can_do() {
    try (Leat leat = Leat.connect("memory:")) {
      assertThat(said(MEMORY)).isEqualTo(names(leat));
    }
  }

  @Test
  void the_document_says_what_the_embedded_broker_can_do_with_a_folder(@TempDir Path folder) {
    try (Leat leat = Leat.connect("file:" + folder.resolve("leat"))) {
      assertThat(said(FILE)).isEqualTo(names(leat));
    }
  }

  @Test
  void the_document_says_what_redis_can_do() {
    try (RedisServerProcess redis = RedisServerProcess.start(RedisServerProcess.CURRENT);
        Leat leat = Leat.connect(redis.url())) {
      assertThat(said(REDIS)).isEqualTo(names(leat));
    }
  }

  private Set<String> said(int column) {
    return rows.stream()
        .filter(row -> row[column].equals("yes"))
        .map(row -> row[1])
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static Set<String> names(Leat leat) {
    return leat.broker().capabilities().stream()
        .map(Capability::name)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static List<String[]> rows() {
    try {
      return Files.readAllLines(Path.of("..", "docs", "brokers.md")).stream()
          .filter(line -> line.matches("\\| `[A-Z_]+` \\|.*"))
          .map(line -> line.replace("`", "").split("\\s*\\|\\s*", -1))
          .toList();
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
  }
}
