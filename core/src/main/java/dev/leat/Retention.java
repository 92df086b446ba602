package dev.leat;

import java.time.Duration;

/**
 * How long a stream remembers what every group has completed, for whoever looks, and how much of
 * it: what is older goes, and so does the oldest of what is more. Never at the cost of what a group
 * has not completed. Immutable.
 *
 * @param age zero where nothing is kept, {@link Durations#FOREVER} where it goes by bytes alone
 * @param bytes of one stream, about
 */
public record Retention(Duration age, long bytes) {
  /** As much as a small server can hold: a quarter of an hour, and 64 MiB of each stream. */
  public static final Retention DEFAULT = new Retention(Duration.ofMinutes(15), 64L << 20);

  /** Dead letters wait for somebody to look at them: for ever, up to a gibibyte of a topic. */
  public static final Retention DEAD_LETTERS = new Retention(Durations.FOREVER, 1L << 30);

  /**
   * Refuses negative numbers.
   *
   * @throws IllegalArgumentException if one is negative
   */
  public Retention {
    if (age.isNegative() || bytes < 0) {
      throw new IllegalArgumentException("a retention is not negative, was " + age + ", " + bytes);
    }
    age = Durations.bounded(age);
  }

  /** What both of them keep. */
  public Retention larger(Retention other) {
    return new Retention(
        age.compareTo(other.age) > 0 ? age : other.age, Math.max(bytes, other.bytes));
  }
}
