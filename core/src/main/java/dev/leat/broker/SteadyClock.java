package dev.leat.broker;

import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoField;
import java.util.function.LongSupplier;

/**
 * A clock that does not jump: it begins at the time of day and goes on by the monotonic clock, so
 * that what is to take three seconds does, even if somebody sets the machine's clock meanwhile. Any
 * thread.
 *
 * <p>What it tells may therefore differ from the time of day by as much as that was set since. It
 * is meant for how long something takes, and not for people; see {@link EventLoop#wallClock()}.
 */
public final class SteadyClock implements InstantSource {
  private static final InstantSource SYSTEM =
      new SteadyClock(InstantSource.system(), System::nanoTime);

  private final Instant begin;
  private final long beginMillis;
  private final int beginNanosOfMilli;
  private final LongSupplier nanos;
  private final long beginNanos;

  /**
   * A clock that begins now.
   *
   * @param wall asked once, for its beginning
   * @param nanos nanoseconds from any beginning, as {@link System#nanoTime()}
   */
  SteadyClock(InstantSource wall, LongSupplier nanos) {
    this.begin = wall.instant();
    this.beginMillis = begin.toEpochMilli();
    this.beginNanosOfMilli = begin.get(ChronoField.NANO_OF_SECOND) % 1_000_000;
    this.nanos = nanos;
    this.beginNanos = nanos.getAsLong();
  }

  /** The one of this process: all who take it agree. */
  public static InstantSource system() {
    return SYSTEM;
  }

  @Override
  public Instant instant() {
    return begin.plusNanos(nanos.getAsLong() - beginNanos);
  }

  /** Without an object, since it is asked several times for each message. */
  @Override
  public long millis() {
    return beginMillis + (beginNanosOfMilli + nanos.getAsLong() - beginNanos) / 1_000_000;
  }
}
