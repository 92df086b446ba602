package dev.leat.gateway.ops;

import dev.leat.trail.Census;
import java.time.Duration;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Counts what is in flight for all who ask at about the same time together, since that reads every
 * topic, and remembers the look before, from which rates come. Any thread; blocks.
 */
final class CensusLook {
  /** So old a look is good enough for another who asks. */
  private static final Duration FRESH = Duration.ofMillis(500);

  /** Rates over less tell little. */
  private static final Duration APART = Duration.ofMillis(900);

  /** Rates over more are none of now. */
  private static final Duration LONGEST = Duration.ofMinutes(1);

  private final Supplier<Census> census;
  private final ReentrantLock lock = new ReentrantLock();

  // Guarded by the lock.
  private @Nullable Looked last;
  private long lastAt;
  private long beforeAt;

  CensusLook(Supplier<Census> census) {
    this.census = census;
  }

  /**
   * What was seen.
   *
   * @param before some time ago; null where nobody looked then
   */
  record Looked(Census now, @Nullable Census before) {}

  /** How it stands. */
  Looked now() {
    lock.lock();
    try {
      Looked known = last;
      long now = System.nanoTime();
      if (known != null && now - lastAt < FRESH.toNanos()) {
        return known;
      }
      Census counted = census.get();
      Looked next = new Looked(counted, known == null ? null : before(known, now));
      last = next;
      lastAt = now;
      return next;
    } finally {
      lock.unlock();
    }
  }

  private @Nullable Census before(Looked known, long now) {
    if (now - lastAt >= APART.toNanos() || known.before == null) {
      beforeAt = lastAt;
      return now - beforeAt > LONGEST.toNanos() ? null : known.now;
    }
    return now - beforeAt > LONGEST.toNanos() ? null : known.before;
  }
}
