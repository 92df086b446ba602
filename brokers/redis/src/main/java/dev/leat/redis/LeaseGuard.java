package dev.leat.redis;

import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells whether a server's clock can be believed when it says that leases have lapsed: it may have
 * been set, or the server be another than before. So its time is compared with the monotonic clock
 * of this process. Once it has jumped, and in the beginning, leases are given the time to be
 * extended once more by those who are alive. Confined to a loop.
 */
final class LeaseGuard {
  private static final Logger log = LoggerFactory.getLogger(LeaseGuard.class);

  private static final long NANOS = 1_000_000;

  /** What the server's clock came to. */
  enum Verdict {
    /** As it was to be expected, or not known yet. */
    STEADY,
    AHEAD,
    BACK
  }

  private final String stream;
  private final long lease;
  private final long slack;
  private final LongSupplier nanos;

  private boolean known;

  /** The server's time, in milliseconds, at some moment between the two that follow. */
  private long time;

  private long asked;
  private long answered;

  /** When whoever is alive has extended what it holds since the server's clock jumped. */
  private long calm;

  /**
   * Knows nothing of the server's clock yet.
   *
   * @param lease milliseconds
   * @param nanos of a clock that does not jump
   */
  LeaseGuard(String stream, long lease, LongSupplier nanos) {
    this.stream = stream;
    this.lease = lease;
    // Leases are extended by a third of them: a jump of this and as long a way still lapse none.
    this.slack = lease / 8;
    this.nanos = nanos;
  }

  /** Now, as {@link #told} takes it. */
  long now() {
    return nanos.getAsLong();
  }

  /**
   * The server's time, in milliseconds, beyond which what it is asked now is not to be believed; 0
   * where it is not to be believed at all.
   */
  long latest() {
    long now = now();
    return !known || now - calm < 0 ? 0 : expected() + slack;
  }

  /** The server's time as it is to be expected, in milliseconds; 0 where none is known. */
  long expected() {
    return known ? time + (now() - asked) / NANOS : 0;
  }

  /** For how many milliseconds the server's time was not seen, rounded up and a little more. */
  long unseen() {
    return known ? (now() - asked) / NANOS + slack + 1 : 0;
  }

  /**
   * Takes the server's time.
   *
   * @param at milliseconds
   * @param since when it was asked
   */
  Verdict told(long at, long since) {
    long now = now();
    Verdict verdict = known ? verdict(at, since, now) : Verdict.STEADY;
    if (!known || verdict != Verdict.STEADY) {
      calm = now + lease * NANOS;
    }
    if (verdict != Verdict.STEADY) {
      log.warn(
          "stream={} the server's clock jumped {}: for a lease of {} ms nothing counts as lapsed",
          stream,
          verdict == Verdict.AHEAD ? "ahead" : "back",
          lease);
    }
    known = true;
    time = at;
    asked = since;
    answered = now;
    return verdict;
  }

  private Verdict verdict(long at, long since, long now) {
    if (at > time + (now - asked) / NANOS + slack) {
      return Verdict.AHEAD;
    }
    return at < time + (since - answered) / NANOS - slack ? Verdict.BACK : Verdict.STEADY;
  }
}
