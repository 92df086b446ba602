package dev.leat.gateway.route;

import java.time.Duration;
import java.util.Set;

/**
 * Which pages of other origins may use a route from within a browser (CORS, as the Fetch standard
 * has it).
 *
 * @param origins such as {@code https://app.example.com}, or {@code *} for any
 * @param headers of requests that pages may set
 * @param exposed headers of responses that pages may read
 * @param credentials whether cookies and the like are sent along; never with any origin
 * @param maxAge how long a browser may remember the answer
 */
public record Cors(
    Set<String> origins,
    Set<String> headers,
    Set<String> exposed,
    boolean credentials,
    Duration maxAge) {
  /** Any origin. */
  public static final String ANY = "*";

  /** Chromium remembers no longer than two hours; an hour keeps a mistake short. */
  public static final Duration DEFAULT_MAX_AGE = Duration.ofHours(1);

  /** Refuses what would open a user's session to every page. */
  public Cors {
    origins = Set.copyOf(origins);
    headers = Set.copyOf(headers);
    exposed = Set.copyOf(exposed);
    if (origins.isEmpty()) {
      throw new IllegalArgumentException("CORS needs an origin, or * for any");
    }
    for (String origin : origins) {
      if (!origin.equals(ANY) && !origin.matches("https?://[^/\\s]+")) {
        throw new IllegalArgumentException(
            "'" + origin + "' is not an origin such as https://app.example.com");
      }
    }
    if (credentials && origins.contains(ANY)) {
      throw new IllegalArgumentException("CORS with credentials must name its origins");
    }
  }

  /** These origins, with {@code Content-Type} as the one header that pages may set. */
  public static Cors of(String... origins) {
    return new Cors(
        Set.of(origins), Set.of("content-type"), Set.of("x-request-id"), false, DEFAULT_MAX_AGE);
  }
}
