package dev.leat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Random;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class RetryTest {
  @Test
  void what_is_as_long_as_can_be_means_for_ever_everywhere() {
    Duration longest = ChronoUnit.FOREVER.getDuration();
    Retry retry =
        Retry.times(Integer.MAX_VALUE)
            .within(longest)
            .withWaits(Duration.ofDays(30_000), longest)
            .withAttempts(3);
    assertThat(retry.ceiling()).isEqualTo(Durations.FOREVER);
    assertThat(retry.waitAfter(2, new RuntimeException(), new Random(1)))
        .hasValueSatisfying(
            wait -> assertThat(wait).isBetween(Durations.FOREVER.dividedBy(2), Durations.FOREVER));
    assertThat(Retry.SOME.within(longest).within()).isEqualTo(Durations.FOREVER);
    Handling handling = Handling.DEFAULT.withTimeout(longest).idempotent(longest);
    assertThat(handling.timeout()).contains(Durations.FOREVER);
    assertThat(handling.remembered()).contains(Durations.FOREVER);
  }

  private final IOException failed = new IOException("no");

  private final RandomGenerator random = new Random(7);

  @Test
  void waits_double_up_to_their_ceiling_and_are_between_half_and_all_of_that() {
    Retry retry = Retry.times(9).withWaits(Duration.ofMillis(100), Duration.ofSeconds(2));
    List<Long> whole = List.of(100L, 200L, 400L, 800L, 1_600L, 2_000L, 2_000L, 2_000L);

    for (int attempt = 1; attempt <= 8; attempt++) {
      int last = attempt;
      List<Long> waits =
          IntStream.range(0, 500)
              .mapToObj(i -> retry.waitAfter(last, failed, random).orElseThrow().toMillis())
              .toList();
      long full = whole.get(attempt - 1);
      assertThat(waits).allMatch(wait -> wait >= full / 2 && wait <= full);
      assertThat(waits.stream().distinct().count()).as("they are spread").isGreaterThan(40);
    }
  }

  @Test
  void after_the_last_attempt_there_is_no_wait() {
    assertThat(Retry.times(3).waitAfter(2, failed, random)).isPresent();
    assertThat(Retry.times(3).waitAfter(3, failed, random)).isEmpty();
    assertThat(Retry.NEVER.waitAfter(1, failed, random)).isEmpty();
  }

  @Test
  void very_many_attempts_do_not_overflow() {
    Retry patient = Retry.times(1_000).withWaits(Duration.ofMillis(1), Duration.ofHours(1));

    assertThat(patient.waitAfter(999, failed, random).orElseThrow())
        .isBetween(Duration.ofMinutes(30), Duration.ofHours(1));
  }

  @Test
  void failures_may_be_chosen() {
    Retry io = Retry.SOME.only(IOException.class).unless(FileNotFoundException.class);

    assertThat(io.waitAfter(1, failed, random)).isPresent();
    assertThat(io.waitAfter(1, new FileNotFoundException(), random)).isEmpty();
    assertThat(io.waitAfter(1, new IllegalStateException(), random)).isEmpty();
  }

  @Test
  void what_could_never_be_is_refused_by_name() {
    assertThatThrownBy(() -> Retry.times(0))
        .isInstanceOf(BadConfiguration.class)
        .hasMessage("retry: attempts must be at least 1, was 0");
    assertThatThrownBy(() -> Retry.SOME.withWaits(Duration.ofSeconds(2), Duration.ofSeconds(1)))
        .isInstanceOf(BadConfiguration.class)
        .hasMessageContaining("the ceiling of PT1S is below the first wait of PT2S");
    assertThatThrownBy(() -> Retry.SOME.within(Duration.ofMillis(100)))
        .isInstanceOf(BadConfiguration.class)
        .hasMessageContaining("the first wait of PT0.2S");
  }
}
