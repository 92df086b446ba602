package dev.leat.gateway.admission;

/**
 * When a stream may be looked at again: one look at a time, and all of them take a tenth of the
 * time at most, since servers before Redis 7 count what waits one by one. Guarded by its owner.
 */
final class LookPace {
  private static final long RESTS = 10;

  private final long pause;
  private long askedAt;
  private long nextLook;
  private boolean asking;

  /**
   * A pace.
   *
   * @param pause milliseconds between two looks, at least
   */
  LookPace(long pause) {
    this.pause = pause;
  }

  /** Whether one may begin. */
  boolean isDue(long now) {
    return !asking && now >= nextLook;
  }

  void begin(long now) {
    asking = true;
    askedAt = now;
  }

  /** It has ended, whatever came of it. */
  void end(long now) {
    asking = false;
    nextLook = now + Math.max(pause, RESTS * (now - askedAt));
  }
}
