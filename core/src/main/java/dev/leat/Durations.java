package dev.leat;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Durations that arithmetic can be done with. Whoever wants to wait for ever says so with a very
 * long one, which no clock can be added to; here it becomes one that means the same.
 */
public final class Durations {
  /** A hundred years: what is as long or longer means for ever. In every unit it fits a long. */
  public static final Duration FOREVER = Duration.ofDays(36_500);

  private static final Pattern TEXT = Pattern.compile("([0-9]{1,9})(ms|s|m|h)");

  private Durations() {}

  /** Reads {@code 500ms}, {@code 2s}, {@code 1m}, {@code 24h}; empty where it is no such text. */
  public static Optional<Duration> parse(String text) {
    Matcher form = TEXT.matcher(text);
    if (!form.matches()) {
      return Optional.empty();
    }
    long count = Long.parseLong(form.group(1));
    return Optional.of(
        switch (form.group(2)) {
          case "ms" -> Duration.ofMillis(count);
          case "s" -> Duration.ofSeconds(count);
          case "m" -> Duration.ofMinutes(count);
          default -> Duration.ofHours(count);
        });
  }

  /** A duration, or {@link #FOREVER} where it is longer. */
  public static Duration bounded(Duration given) {
    return given.compareTo(FOREVER) > 0 ? FOREVER : given;
  }

  /** The moment that is so much later, at most {@link #FOREVER}. */
  public static Instant after(Instant moment, Duration later) {
    return moment.plus(bounded(later));
  }

  /** Epoch milliseconds; the largest or smallest number where there are more than fit a long. */
  public static long epochMillis(Instant moment) {
    try {
      return moment.toEpochMilli();
    } catch (ArithmeticException farAway) {
      return moment.isAfter(Instant.EPOCH) ? Long.MAX_VALUE : Long.MIN_VALUE;
    }
  }
}
