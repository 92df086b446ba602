package dev.leat.cli;

import java.time.Duration;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/** Numbers and times as people read them. */
final class Shown {
  private static final String UNKNOWN = "?";

  private Shown() {}

  /** A number, {@code ?} where it is not known, with a {@code ~} where it is not exact. */
  static String number(OptionalLong number, boolean isExact) {
    return number.isEmpty() ? UNKNOWN : (isExact ? "" : "~") + number.getAsLong();
  }

  /** So many a second. */
  static String rate(OptionalDouble rate) {
    if (rate.isEmpty()) {
      return UNKNOWN;
    }
    double value = rate.getAsDouble();
    return value > 0 && value < 10
        ? String.format(Locale.ROOT, "%.1f", value)
        : Long.toString(Math.round(value));
  }

  /** How long, to two digits or so: {@code 4ms}, {@code 1.2s}, {@code 3m12s}, {@code 2h05m}. */
  static String duration(Duration duration) {
    long millis = Math.max(0, duration.toMillis());
    if (millis < 1_000) {
      return millis + "ms";
    }
    long seconds = millis / 1_000;
    if (seconds < 60) {
      return String.format(Locale.ROOT, "%d.%ds", seconds, millis % 1_000 / 100);
    }
    if (seconds < 3_600) {
      return String.format(Locale.ROOT, "%dm%02ds", seconds / 60, seconds % 60);
    }
    long hours = seconds / 3_600;
    return hours < 48
        ? String.format(Locale.ROOT, "%dh%02dm", hours, seconds % 3_600 / 60)
        : String.format(Locale.ROOT, "%dd%02dh", hours / 24, hours % 24);
  }
}
