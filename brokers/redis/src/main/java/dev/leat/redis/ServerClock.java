package dev.leat.redis;

import java.time.Duration;
import java.time.InstantSource;
import java.util.Locale;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How far a server's clock is from the one of this process, as it was told last. Told on one loop,
 * read by any thread.
 */
final class ServerClock {
  private static final Logger log = LoggerFactory.getLogger(ServerClock.class);

  /** Milliseconds: a difference below this is none, since it is no more than the way may take. */
  private static final long NONE = 10;

  /** Milliseconds: a difference above this is worth a word. */
  private static final long NOTABLE = 1_000;

  /** Milliseconds that an answer may take and still tell the time. */
  private static final long PROMPT = 100;

  /** Milliseconds after which an answer that took longer is better than none. */
  private static final long STALE = 10_000;

  /** Milliseconds after a jump in which somebody may not have seen it yet. */
  private static final long SETTLING = 3_000;

  private final String server;
  private final InstantSource clock;
  private long told = Long.MIN_VALUE;
  private boolean notable;
  private volatile long ahead;

  /** The server's time, in milliseconds, when it was seen to have jumped ahead; and before that. */
  private volatile long jumpedAt = Long.MIN_VALUE / 2;

  private volatile long aheadBefore;

  /**
   * A clock that is taken to agree until the server says otherwise.
   *
   * @param clock of this process, which does not jump
   */
  ServerClock(String server, InstantSource clock) {
    this.server = server;
    this.clock = clock;
  }

  /** How far the server's clock is ahead; zero where both agree as far as it matters. */
  Duration ahead() {
    return Duration.ofMillis(ahead);
  }

  /**
   * The same for what belongs to an entry that was accepted at a time, in milliseconds of the
   * server: before its clock was set ahead it was another.
   */
  Duration aheadAt(long accepted) {
    return accepted < jumpedAt + SETTLING
        ? Duration.ofMillis(Math.min(ahead, aheadBefore))
        : ahead();
  }

  /** This process's time, in milliseconds. */
  long now() {
    return clock.millis();
  }

  /**
   * Takes what the server said.
   *
   * @param time of the server, in milliseconds
   * @param asked when it was asked, by {@link #now}
   */
  void told(long time, long asked) {
    long now = now();
    long way = now - asked;
    boolean known = told != Long.MIN_VALUE;
    if (way > PROMPT && known && now - told < STALE) {
      return;
    }
    told = now;
    // The middle of its way is off by half of that at most (RFC 5905, section 8).
    long seen = time - (asked + way / 2);
    long doubt = Math.max(NONE, way / 2);
    if (Math.abs(seen - ahead) > doubt) {
      if (known && seen - ahead > NOTABLE) {
        jumpedAt = time;
        aheadBefore = ahead;
      }
      ahead = Math.abs(seen) <= doubt ? 0 : seen;
    }
    warn();
  }

  private void warn() {
    boolean now = Math.abs(ahead) > NOTABLE;
    if (now && !notable) {
      log.warn(
          "server={} its clock is {} s {} this machine's; deadlines allow for that, but one of the"
              + " two should be set (NTP)",
          server,
          String.format(Locale.ROOT, "%.1f", Math.abs(ahead) / 1_000.0),
          ahead > 0 ? "ahead of" : "behind");
    }
    notable = now;
  }
}
