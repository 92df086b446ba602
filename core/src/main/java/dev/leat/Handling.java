package dev.leat;

import java.time.Duration;
import java.util.Optional;

/**
 * What is done around a handler: when it fails, takes too long, or is handed the same thing again.
 *
 * @param retry what is done when it throws
 * @param timeout the longest that one attempt may take; its thread is then interrupted, and the
 *     attempt has failed. Empty: as long as the request's deadline allows, for ever where there is
 *     none
 */
public record Handling(Retry retry, Optional<Duration> timeout) {
  /** One attempt, for as long as its caller waits. */
  public static final Handling DEFAULT = new Handling(Retry.NEVER, Optional.empty());

  /** Refuses a time that is over at once. */
  public Handling {
    timeout.ifPresent(
        time -> {
          if (time.compareTo(Duration.ofMillis(1)) < 0) {
            throw new BadConfiguration("handling: a timeout is at least 1 ms, was " + time);
          }
        });
  }

  /** The default, but tried again when it fails. */
  public static Handling retrying(Retry retry) {
    return DEFAULT.withRetry(retry);
  }

  /** The same with another retry. */
  public Handling withRetry(Retry other) {
    return new Handling(other, timeout);
  }

  /** The same with a time that one attempt may take. */
  public Handling withTimeout(Duration longest) {
    return new Handling(retry, Optional.of(longest));
  }
}
