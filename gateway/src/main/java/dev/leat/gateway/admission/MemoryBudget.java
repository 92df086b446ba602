package dev.leat.gateway.admission;

import java.util.concurrent.atomic.AtomicLong;

/**
 * The bytes that wait within a gateway, over all its event loops: of bodies until the broker has
 * them, of replies until their clients have taken them. Any thread.
 *
 * <p>What is large leaves a quarter to what is not: else a few large bodies would have everybody
 * else refused.
 */
public final class MemoryBudget {
  /** Bytes from which on a body or a reply is large. */
  public static final int LARGE = 1 << 16;

  /** Parts of the heap; what waits is joined, copied and written, which takes as much again. */
  private static final int PART_OF_HEAP = 4;

  private final long limit;
  private final AtomicLong used = new AtomicLong();

  /**
   * Nothing waits yet.
   *
   * @param limit bytes, at least {@link #LARGE}
   */
  public MemoryBudget(long limit) {
    if (limit < LARGE) {
      throw new IllegalArgumentException(
          "a gateway needs to hold at least %d bytes, were %d".formatted(LARGE, limit));
    }
    this.limit = limit;
  }

  /** A quarter of what the heap may grow to. */
  public static long ofHeap() {
    return Math.max(LARGE, Runtime.getRuntime().maxMemory() / PART_OF_HEAP);
  }

  /**
   * Counts bytes that are to wait; they are given back once they do not.
   *
   * @param whole bytes of the body or reply that they are a part of, as far as known
   * @return whether there is room; else nothing is counted
   */
  public boolean take(long bytes, long whole) {
    if (used.addAndGet(bytes) <= limitFor(whole)) {
      return true;
    }
    used.addAndGet(-bytes);
    return false;
  }

  /** Whether a body of so many bytes could be taken just now. */
  public boolean hasRoom(long whole) {
    return used.get() + whole <= limitFor(whole);
  }

  /** Bytes that were counted wait no more. */
  public void give(long bytes) {
    used.addAndGet(-bytes);
  }

  /** Bytes that wait. */
  public long used() {
    return used.get();
  }

  /** Whether more than half of it is used: whoever stands still is in the way of others. */
  public boolean isTight() {
    return used.get() > limit / 2;
  }

  private long limitFor(long whole) {
    return whole > LARGE ? limit - limit / 4 : limit;
  }
}
