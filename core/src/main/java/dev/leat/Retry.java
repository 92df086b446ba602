package dev.leat;

import java.time.Duration;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;

/**
 * How often, and how long apart, a failed delivery is tried again. The waits are kept by the
 * broker, so that they outlive every worker.
 *
 * <p>The wait before attempt <i>n</i>+1 is between half and all of {@code first} times
 * 2<sup>n-1</sup>, at most {@code ceiling}: the "equal jitter" of M. Brooker, Exponential Backoff
 * And Jitter, 2015. No retry is begun that the request's deadline would not wait for.
 *
 * @param attempts deliveries in all, the first included; at least 1
 * @param first wait before the second attempt
 * @param ceiling no wait is longer than this
 * @param within no attempt is begun later than this after the message was accepted
 * @param on which failures are worth another attempt
 */
public record Retry(
    int attempts, Duration first, Duration ceiling, Duration within, Predicate<Throwable> on) {

  /** One attempt: for handlers that must not be run again after they failed. The default. */
  public static final Retry NEVER =
      new Retry(1, Duration.ZERO, Duration.ZERO, Duration.ofDays(1), failure -> true);

  /** Five attempts within some seconds: for what is busy or restarting just now. */
  public static final Retry SOME =
      new Retry(
          5, Duration.ofMillis(200), Duration.ofSeconds(30), Duration.ofDays(1), failure -> true);

  /** Refuses, by name, what could never be done. */
  public Retry {
    first = Durations.bounded(first);
    ceiling = Durations.bounded(ceiling);
    within = Durations.bounded(within);
    if (attempts < 1) {
      throw new BadConfiguration("retry: attempts must be at least 1, was " + attempts);
    }
    if (first.isNegative() || ceiling.compareTo(first) < 0) {
      throw new BadConfiguration(
          "retry: the ceiling of %s is below the first wait of %s".formatted(ceiling, first));
    }
    if (attempts > 1 && within.compareTo(first) <= 0) {
      throw new BadConfiguration(
          "retry: the first wait of %s is over before no attempt is begun any more, which is %s"
              .formatted(first, within));
    }
  }

  /** So many attempts in all, otherwise as {@link #SOME}. */
  public static Retry times(int attempts) {
    return SOME.withAttempts(attempts);
  }

  /** The same with another number of attempts. */
  public Retry withAttempts(int other) {
    return new Retry(other, first, ceiling, within, on);
  }

  /** The same with other waits: the first, and the longest. */
  public Retry withWaits(Duration otherFirst, Duration otherCeiling) {
    return new Retry(attempts, otherFirst, otherCeiling, within, on);
  }

  /** The same for a shorter or longer time in all. */
  public Retry within(Duration other) {
    return new Retry(attempts, first, ceiling, other, on);
  }

  /** The same for failures of this kind alone. */
  public Retry only(Class<? extends Throwable> kind) {
    return when(kind::isInstance);
  }

  /** The same, but not for failures of this kind. */
  public Retry unless(Class<? extends Throwable> kind) {
    return when(failure -> on.test(failure) && !kind.isInstance(failure));
  }

  /** The same for the failures that a predicate takes; called on the handler's thread. */
  public Retry when(Predicate<Throwable> other) {
    return new Retry(attempts, first, ceiling, within, other);
  }

  /**
   * The wait after an attempt has failed; empty where there is no next one.
   *
   * @param attempt the one that failed, counted from 1
   */
  public Optional<Duration> waitAfter(int attempt, Throwable failure, RandomGenerator random) {
    if (attempt >= attempts || !on.test(failure)) {
      return Optional.empty();
    }
    // A shift of more bits than a long has would begin anew.
    long doubled = Math.min(Math.max(0, attempt - 1), 40);
    long full = ceiling.toMillis();
    if (first.toMillis() <= full >> doubled) {
      full = first.toMillis() << doubled;
    }
    return Optional.of(Duration.ofMillis(full / 2 + random.nextLong(full / 2 + 1)));
  }
}
