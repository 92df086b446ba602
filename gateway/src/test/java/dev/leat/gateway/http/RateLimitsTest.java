package dev.leat.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.gateway.route.RateLimit;
import dev.leat.gateway.route.Route;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class RateLimitsTest {
  private final AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - Duration.ofSeconds(3).toNanos());
  private final RateLimits limits = new RateLimits(nanos::get);
  private final Route route =
      Route.get("/x", "t", "x").rateLimit(new RateLimit(2, Duration.ofSeconds(10)));

  @Test
  void a_share_comes_back_by_the_monotonic_clock_alone() {
    assertThat(limits.secondsToWait(route)).isEmpty();
    assertThat(limits.secondsToWait(route)).isEmpty();
    assertThat(limits.secondsToWait(route)).hasValue(5);

    // Such a clock may begin anywhere and pass its own end.
    nanos.addAndGet(Duration.ofSeconds(4).toNanos());
    assertThat(limits.secondsToWait(route)).hasValue(1);
    nanos.addAndGet(Duration.ofSeconds(1).toNanos());
    assertThat(limits.secondsToWait(route)).isEmpty();
    assertThat(limits.secondsToWait(route)).hasValue(5);
  }

  @Test
  void the_time_to_wait_is_rounded_up() {
    Route slow = Route.get("/y", "t", "y").rateLimit(new RateLimit(1, Duration.ofMillis(2_500)));
    assertThat(limits.secondsToWait(slow)).isEmpty();

    assertThat(limits.secondsToWait(slow)).hasValue(3);
  }
}
