package dev.leat.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.Runtime.Version;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Nothing stays behind without a reason, and nothing that is known to be harmful is on the class
 * path. What is newest is looked up by {@code .ci/dependencies}, not here: a build says the same
 * today and tomorrow.
 */
class DependenciesTest {
  private static final Path ROOT = Path.of("..");
  private static final Pattern PINNED = Pattern.compile("<([a-z0-9-]+)\\.version>([^<$]+)</");

  /** Tools of the build and peers of a benchmark: they ship with nothing, and nobody asks them. */
  private static final Set<String> NOT_SHIPPED =
      Set.of("errorprone", "nullaway", "spring-boot", "spring-cloud");

  private record Dependency(String pinned, String newest, String reason) {}

  @Test
  void what_is_pinned_was_asked_for_and_stays_behind_with_a_reason_alone() {
    Map<String, Dependency> asked = new LinkedHashMap<>();
    rows("dependencies.tsv")
        .forEach(row -> asked.put(row[0], new Dependency(row[1], row[2], row[3])));
    Map<String, String> pinned = new LinkedHashMap<>();
    PINNED
        .matcher(text(ROOT.resolve("pom.xml")))
        .results()
        .filter(found -> !NOT_SHIPPED.contains(found.group(1)))
        .forEach(found -> pinned.put(found.group(1), found.group(2)));

    assertThat(asked.keySet())
        .as("asked for by .ci/dependencies, which is to be run again")
        .containsExactlyInAnyOrderElementsOf(pinned.keySet());
    asked.forEach(
        (name, dependency) -> {
          assertThat(dependency.pinned())
              .as("%s when .ci/dependencies was run last; run it again", name)
              .isEqualTo(pinned.get(name));
          if (!dependency.pinned().equals(dependency.newest())) {
            System.out.printf(
                "behind: %s %s, newest %s: %s%n",
                name, dependency.pinned(), dependency.newest(), dependency.reason());
            assertThat(dependency.reason())
                .as("why %s stays behind, in .ci/dependencies.tsv", name)
                .isNotBlank();
          }
        });
  }

  @Test
  void nothing_on_the_class_path_has_a_fault_that_is_known() {
    Set<String> harmful = new TreeSet<>();
    List<String[]> advisories = rows("advisories.tsv").toList();
    assertThat(advisories).isNotEmpty();
    for (String jar : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
      for (String[] advisory : advisories) {
        version(advisory[0], Path.of(jar))
            .filter(version -> isBefore(version, advisory[1]))
            .ifPresent(version -> harmful.add(String.join(" ", advisory) + "; here " + version));
      }
    }
    assertThat(harmful).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "4.2.9.Final, 4.2.20.Final, true",
    "4.2.20.Final, 4.2.20.Final, false",
    "4.2.20.Final, 4.2.9.Final, false",
    "3.0, 3.0.1, true",
    "2.22.3, 2.15.0, false",
    "1.5.19, 1.5.18, false"
  })
  void versions_are_told_apart_by_their_numbers(String one, String other, boolean before) {
    assertThat(isBefore(one, other)).isEqualTo(before);
  }

  @Test
  void a_jar_is_known_by_where_it_lies() {
    Path jar = Path.of("r/io/netty/netty-codec-http/4.2.9.Final/netty-codec-http-4.2.9.Final.jar");
    assertThat(version("io.netty:netty-codec-http", jar)).contains("4.2.9.Final");
    assertThat(version("io.netty:netty-codec", jar)).isEmpty();
    assertThat(System.getProperty("java.class.path")).contains("netty-codec-http");
  }

  private static Optional<String> version(String artifact, Path jar) {
    Path folder = jar.getParent();
    String[] names = artifact.split(":", 2);
    Path home = Path.of(names[0].replace('.', '/'), names[1]);
    return folder != null && folder.getParent() != null && folder.getParent().endsWith(home)
        ? Optional.of(folder.getFileName().toString())
        : Optional.empty();
  }

  private static boolean isBefore(String one, String other) {
    return numbers(one).compareTo(numbers(other)) < 0;
  }

  private static Version numbers(String version) {
    Matcher numbers = Pattern.compile("\\d+(\\.\\d+)*").matcher(version);
    assertThat(numbers.lookingAt()).as(version).isTrue();
    // Trailing zeros are none to a version of Java.
    return Version.parse(numbers.group().replaceAll("(\\.0)+$", ""));
  }

  private static Stream<String[]> rows(String name) {
    return text(ROOT.resolve(Path.of(".ci", name)))
        .lines()
        .filter(line -> !line.startsWith("#"))
        .map(line -> line.split("\t", -1));
  }

  private static String text(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }
}
