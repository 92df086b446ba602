package dev.leat.broker;

import java.time.Duration;
import java.time.InstantSource;
import org.slf4j.Logger;

/**
 * Logs what others have done wrong, so many times a minute and no more: whoever can send messages
 * could fill a disk with them else. How many were left out is said with the next. Any thread.
 */
public final class FaultLog {
  private static final long MINUTE = Duration.ofMinutes(1).toMillis();

  /** Enough to see what it is about. */
  private static final int MOST = 10;

  private final Logger log;
  private final InstantSource clock;
  private long since;
  private int logged;
  private long leftOut;

  /**
   * Nothing was logged yet.
   *
   * @param log where it goes, as warnings
   * @param clock tells when a minute has passed
   */
  public FaultLog(Logger log, InstantSource clock) {
    this.log = log;
    this.clock = clock;
    this.since = clock.millis();
  }

  /**
   * Logs a line.
   *
   * @param line with a place {@code {}} for each argument
   */
  public void warn(String line, Object... arguments) {
    long before = take();
    if (before < 0) {
      return;
    }
    if (before > 0) {
      log.warn("faults={} were not logged, which came in the minute before", before);
    }
    log.warn(line, arguments);
  }

  /** How many were left out before this one; below 0 if it is left out too. */
  private synchronized long take() {
    long now = clock.millis();
    if (now - since >= MINUTE) {
      since = now;
      logged = 0;
    }
    if (logged >= MOST) {
      leftOut++;
      return -1;
    }
    logged++;
    long before = leftOut;
    leftOut = 0;
    return before;
  }
}
