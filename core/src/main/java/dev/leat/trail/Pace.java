package dev.leat.trail;

/**
 * How many are due, of so many a second at most. What was held back is not made up for: that would
 * be faster than was asked for. One thread.
 */
final class Pace {
  private static final long SECOND = 1_000_000_000;

  private final double rate;
  private double due = 1;
  private long turn;

  /**
   * So many a second.
   *
   * @param now of {@link System#nanoTime}
   */
  Pace(double rate, long now) {
    this.rate = rate;
    this.turn = now;
  }

  /** How many are due now. */
  long due(long now) {
    due = Math.min(due + (now - turn) * rate / SECOND, Math.max(1, rate / 10));
    turn = now;
    return (long) due;
  }

  /** So many were done. */
  void did(long many) {
    due -= many;
  }

  /** Nanoseconds until the next is due. */
  long left() {
    return Math.max(0, (long) ((1 - due) / rate * SECOND));
  }
}
