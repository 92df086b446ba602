package dev.leat.gateway.http;

import dev.leat.gateway.route.RateLimit;
import dev.leat.gateway.route.Route;
import io.github.bucket4j.Bucket;
import io.github.bucket4j.ConsumptionProbe;
import io.github.bucket4j.TimeMeter;
import java.time.Duration;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;

/**
 * Counts the requests of routes that are limited, over all event loops. A route that stays the same
 * when routes are reloaded goes on with its count. Any thread.
 */
public final class RateLimits {
  private final Map<Route, Bucket> buckets = new ConcurrentHashMap<>();

  private final TimeMeter time;

  /** Nothing counted yet. */
  public RateLimits() {
    this(System::nanoTime);
  }

  /**
   * Nothing counted yet.
   *
   * @param nanos a monotonic clock: the time of day may be set back
   */
  RateLimits(LongSupplier nanos) {
    long begin = nanos.getAsLong();
    this.time =
        new TimeMeter() {
          @Override
          public long currentTimeNanos() {
            return nanos.getAsLong() - begin;
          }

          @Override
          public boolean isWallClockBased() {
            return false;
          }
        };
  }

  /** Seconds to wait, rounded up, if the route has taken its share; else this request counts. */
  OptionalLong secondsToWait(Route route) {
    if (route.rateLimit().isEmpty()) {
      return OptionalLong.empty();
    }
    Bucket bucket =
        buckets.computeIfAbsent(route, limited -> bucket(limited.rateLimit().orElseThrow()));
    ConsumptionProbe probe = bucket.tryConsumeAndReturnRemaining(1);
    return probe.isConsumed()
        ? OptionalLong.empty()
        : OptionalLong.of(
            Duration.ofNanos(probe.getNanosToWaitForRefill()).plusMillis(999).toSeconds());
  }

  private Bucket bucket(RateLimit limit) {
    return Bucket.builder()
        .withCustomTimePrecision(time)
        .addLimit(
            bandwidth ->
                bandwidth.capacity(limit.requests()).refillGreedy(limit.requests(), limit.period()))
        .build();
  }
}
