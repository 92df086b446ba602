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
 * @param remembered how long the answer to a request is kept, so that the same one is not handled
 *     again. Empty: not at all
 * @param strict whether a payload with a member that the handler's type does not have is refused
 */
public record Handling(
    Retry retry, Optional<Duration> timeout, Optional<Duration> remembered, boolean strict) {
  /** One attempt, for as long as its caller waits. */
  public static final Handling DEFAULT =
      new Handling(Retry.NEVER, Optional.empty(), Optional.empty(), false);

  /** Refuses a time that is over at once. */
  public Handling {
    refuseIfOver("a timeout", timeout);
    refuseIfOver("the time that answers are kept", remembered);
    timeout = timeout.map(Durations::bounded);
    remembered = remembered.map(Durations::bounded);
  }

  /** The default, but tried again when it fails. */
  public static Handling retrying(Retry retry) {
    return DEFAULT.withRetry(retry);
  }

  /** The same, with answers kept for a day: what clients that repeat requests settle for. */
  public Handling idempotent() {
    return idempotent(Duration.ofDays(1));
  }

  /**
   * The same, with answers kept for a time. A request that comes again, by its idempotency key or
   * else by its id, is answered from what is kept; while the first is at work it is refused as a
   * conflict (409), and one that is another altogether as unprocessable (422). What failed is not
   * kept, but may be tried again. Needs a broker that keeps notes.
   */
  public Handling idempotent(Duration kept) {
    return new Handling(retry, timeout, Optional.of(kept), strict);
  }

  /** The same with another retry. */
  public Handling withRetry(Retry other) {
    return new Handling(other, timeout, remembered, strict);
  }

  /** The same with a time that one attempt may take. */
  public Handling withTimeout(Duration longest) {
    return new Handling(retry, Optional.of(longest), remembered, strict);
  }

  /**
   * The same, but a payload with a member that the handler's type does not have is refused as its
   * sender's mistake (400): a misspelt member is not taken for one that was left out.
   */
  public Handling onlyKnownMembers() {
    return new Handling(retry, timeout, remembered, true);
  }

  private static void refuseIfOver(String what, Optional<Duration> time) {
    if (time.filter(given -> given.compareTo(Duration.ofMillis(1)) < 0).isPresent()) {
      throw new BadConfiguration(
          "handling: %s is at least 1 ms, was %s".formatted(what, time.orElseThrow()));
    }
  }
}
