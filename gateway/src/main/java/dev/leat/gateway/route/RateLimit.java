package dev.leat.gateway.route;

import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How many requests a route takes, of all clients together and in one gateway; more are answered
 * 429. A burst may use up at once what is saved over one period.
 *
 * @param requests at least 1
 * @param period over which they are spread
 */
public record RateLimit(long requests, Duration period) {
  private static final Pattern FORM = Pattern.compile("(\\d{1,9}) ?/ ?(s|m|h)");

  /** Refuses what lets nothing through. */
  public RateLimit {
    if (requests < 1 || !period.isPositive()) {
      throw new IllegalArgumentException(
          "a rate limit lets at least 1 request through, was %d in %s".formatted(requests, period));
    }
  }

  /**
   * Reads {@code 100/s}, {@code 20/m}, {@code 1000/h}.
   *
   * @throws IllegalArgumentException if it is no such text
   */
  public static RateLimit parse(String text) {
    Matcher form = FORM.matcher(text);
    if (!form.matches()) {
      throw new IllegalArgumentException("'" + text + "' is not a rate such as 100/s, 20/m or 9/h");
    }
    Duration period =
        switch (form.group(2)) {
          case "s" -> Duration.ofSeconds(1);
          case "m" -> Duration.ofMinutes(1);
          default -> Duration.ofHours(1);
        };
    return new RateLimit(Long.parseLong(form.group(1)), period);
  }
}
