package dev.leat.gateway.ops;

import dev.leat.Topic;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * How a question to the operations API is put.
 *
 * @param given values by their names, each as often as it was given
 */
record OperationsParameters(Map<String, List<String>> given) {
  private static final int MOST = 1_000;
  private static final double MOST_A_SECOND = 1_000_000;

  /** Beyond it nothing was written, and times cannot be reckoned with. */
  private static final Instant LAST = Instant.parse("9999-12-31T23:59:59Z");

  /** What may be given several times, as to the command. */
  private static final Set<String> LISTS = Set.of("id", "type", "where");

  static final OperationsParameters NONE = new OperationsParameters(Map.of());

  static IllegalArgumentException missing(String name) {
    return new IllegalArgumentException("the parameter '%s' is missing".formatted(name));
  }

  /**
   * Looks at what was given.
   *
   * @param takesLists whether some may be given several times
   * @throws IllegalArgumentException if one is not known, or was given too often
   */
  void check(Set<String> known, boolean takesLists) {
    given.forEach(
        (name, values) -> {
          if (!known.contains(name)) {
            throw new IllegalArgumentException(
                "there is no parameter '%s' here; there is %s"
                    .formatted(
                        name,
                        known.isEmpty()
                            ? "none"
                            : String.join(", ", known.stream().sorted().toList())));
          }
          if (values.size() > 1 && !(takesLists && LISTS.contains(name))) {
            throw new IllegalArgumentException(
                "the parameter '%s' was given %d times".formatted(name, values.size()));
          }
        });
  }

  Optional<String> text(String name) {
    return list(name).stream().findFirst();
  }

  List<String> list(String name) {
    return given.getOrDefault(name, List.of()).stream().filter(value -> !value.isEmpty()).toList();
  }

  Optional<Topic> topic() {
    return text("topic").map(Topic::of);
  }

  Topic neededTopic() {
    return topic().orElseThrow(() -> missing("topic"));
  }

  String needed(String name) {
    return text(name).orElseThrow(() -> missing(name));
  }

  /** Whoever has the token says who uses it. */
  String by() {
    return text("by").orElse("operations API");
  }

  boolean isSet(String name) {
    List<String> values = given.getOrDefault(name, List.of("false"));
    return switch (values.getFirst()) {
      case "", "true" -> true;
      case "false" -> false;
      default ->
          throw new IllegalArgumentException(
              "'%s' is true or false, was '%s'".formatted(name, values.getFirst()));
    };
  }

  int limit() {
    return number("limit", MOST).orElse(100);
  }

  Optional<Integer> number(String name, int most) {
    return text(name)
        .map(
            value -> {
              if (!value.matches("[0-9]{1,9}")
                  || Integer.parseInt(value) < 1
                  || Integer.parseInt(value) > most) {
                throw new IllegalArgumentException(
                    "'%s' is a number from 1 to %d, was '%s'".formatted(name, most, value));
              }
              return Integer.parseInt(value);
            });
  }

  /** So many a second: 50, or 50/s, or 30/m. */
  double rate(double otherwise) {
    return text("rate")
        .map(
            value -> {
              if (value.matches("[0-9]{1,9}([.][0-9]{1,9})?(/[sm])?")) {
                double number = Double.parseDouble(value.replaceFirst("/[sm]$", ""));
                double rate = value.endsWith("/m") ? number / 60 : number;
                if (rate > 0 && rate <= MOST_A_SECOND) {
                  return rate;
                }
              }
              throw new IllegalArgumentException(
                  "'rate' is so many a second, as 50 or 30/m, was '%s'".formatted(value));
            })
        .orElse(otherwise);
  }

  Optional<Instant> time(String name) {
    return text(name)
        .map(
            value -> {
              Optional<Instant> read = instant(value);
              return read.filter(time -> !time.isBefore(Instant.EPOCH) && !time.isAfter(LAST))
                  .orElseThrow(
                      () ->
                          new IllegalArgumentException(
                              "'%s' is a time such as 2026-11-25T03:00:00Z, was '%s'"
                                  .formatted(name, value)));
            });
  }

  private static Optional<Instant> instant(String value) {
    try {
      return Optional.of(Instant.parse(value));
    } catch (DateTimeParseException noTime) {
      return Optional.empty();
    }
  }
}
