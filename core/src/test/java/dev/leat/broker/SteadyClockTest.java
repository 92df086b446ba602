package dev.leat.broker;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A clock over a time of day that somebody sets. */
class SteadyClockTest {
  private static final Instant BEGIN = Instant.parse("2026-11-27T12:00:00.000600Z");

  private final AtomicReference<Instant> wall = new AtomicReference<>(BEGIN);
  private final AtomicLong nanos = new AtomicLong(-7);
  private final SteadyClock clock = new SteadyClock(wall::get, nanos::get);

  @ParameterizedTest
  @ValueSource(longs = {-3_600, 3_600})
  void it_goes_on_as_it_did_whatever_the_time_of_day_is_set_to(long seconds) {
    wall.set(BEGIN.plusSeconds(seconds));
    nanos.addAndGet(Duration.ofMillis(1_500).toNanos());

    assertThat(clock.instant()).isEqualTo(BEGIN.plusMillis(1_500));
    assertThat(clock.millis()).isEqualTo(BEGIN.plusMillis(1_500).toEpochMilli());
  }

  @Test
  void its_milliseconds_are_those_of_its_instants() {
    for (int i = 0; i < 5_000; i++) {
      nanos.addAndGet(1_234);
      assertThat(clock.millis()).isEqualTo(clock.instant().toEpochMilli());
    }
  }

  @Test
  void it_begins_at_the_time_of_day() {
    assertThat(Duration.between(SteadyClock.system().instant(), InstantSource.system().instant()))
        .isBetween(Duration.ofHours(-1), Duration.ofHours(1));
  }
}
