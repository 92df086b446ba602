package dev.leat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class HandlingTest {
  @Test
  void what_is_said_adds_up() {
    Handling all = Handling.retrying(Retry.SOME).withTimeout(Duration.ofSeconds(3)).idempotent();

    assertThat(all.retry()).isEqualTo(Retry.SOME);
    assertThat(all.timeout()).contains(Duration.ofSeconds(3));
    assertThat(all.remembered()).contains(Duration.ofDays(1));
    assertThat(all.withRetry(Retry.NEVER).remembered()).isPresent();
  }

  @Test
  void times_that_are_over_at_once_are_refused_by_name() {
    assertThatThrownBy(() -> Handling.DEFAULT.withTimeout(Duration.ZERO))
        .isInstanceOf(BadConfiguration.class)
        .hasMessage("handling: a timeout is at least 1 ms, was PT0S");
    assertThatThrownBy(() -> Handling.DEFAULT.idempotent(Duration.ofNanos(1)))
        .isInstanceOf(BadConfiguration.class)
        .hasMessageContaining("the time that answers are kept");
  }
}
