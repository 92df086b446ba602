package dev.leat.gateway.config;

import dev.leat.Durations;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Durations and sizes as people write them. */
public final class Units {
  private static final Pattern SIZE = Pattern.compile("(\\d{1,9})(|B|KiB|MiB|GiB|kB|MB|GB)");

  private Units() {}

  /**
   * Reads {@code 500ms}, {@code 2s}, {@code 1m}, {@code 1h}.
   *
   * @throws IllegalArgumentException if it is no such text
   */
  public static Duration duration(String text) {
    return Durations.parse(text)
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "'" + text + "' is not a duration such as 500ms, 2s or 1m"));
  }

  /**
   * Reads a whole number of at least 1.
   *
   * @throws IllegalArgumentException if it is no such text
   */
  static int count(String text) {
    try {
      int count = Integer.parseInt(text);
      if (count >= 1) {
        return count;
      }
    } catch (NumberFormatException noNumber) {
      // Refused below, with what is too little.
    }
    throw new IllegalArgumentException("'" + text + "' is not a number of at least 1");
  }

  /**
   * Reads {@code 512}, {@code 64KiB}, {@code 1MiB}, {@code 10MB} as bytes.
   *
   * @throws IllegalArgumentException if it is no such text, or 2 GiB or more
   */
  public static int bytes(String text) {
    long bytes = size(text);
    if (bytes > Integer.MAX_VALUE) {
      throw new IllegalArgumentException("'" + text + "' is more than a message can hold");
    }
    return (int) bytes;
  }

  /** The same of any size. */
  public static long size(String text) {
    Matcher form = SIZE.matcher(text.replace(" ", ""));
    if (!form.matches()) {
      throw new IllegalArgumentException("'" + text + "' is not a size such as 512, 64KiB or 1MiB");
    }
    long factor =
        switch (form.group(2)) {
          case "kB" -> 1_000;
          case "MB" -> 1_000_000;
          case "GB" -> 1_000_000_000;
          case "KiB" -> 1L << 10;
          case "MiB" -> 1L << 20;
          case "GiB" -> 1L << 30;
          default -> 1;
        };
    return Math.multiplyExact(Long.parseLong(form.group(1)), factor);
  }
}
