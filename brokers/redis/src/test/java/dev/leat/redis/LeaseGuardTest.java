package dev.leat.redis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.redis.LeaseGuard.Verdict;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A server whose clock is set, seen from a process whose own goes on. */
class LeaseGuardTest {
  private static final long LEASE = 8_000;
  private static final long SLACK = LEASE / 8;

  private long nanos = ThreadLocalRandom.current().nextLong();
  private long server = 1_000_000;
  private final LeaseGuard guard = new LeaseGuard("s", LEASE, () -> nanos);

  @Test
  void it_believes_nothing_before_leases_have_had_the_time_to_be_extended() {
    assertThat(guard.latest()).isZero();
    ask(0);
    pass(LEASE - 1);
    ask(0);
    assertThat(guard.latest()).isZero();
    pass(1);
    assertThat(guard.latest()).isEqualTo(server + SLACK);
  }

  @ParameterizedTest
  @ValueSource(longs = {-3_600_000, -1_500, 1_500, 3_600_000})
  void a_clock_that_jumped_is_believed_again_once_leases_could_be_extended(long jump) {
    begin();
    pass(500);
    server += jump;

    assertThat(ask(0)).isEqualTo(jump > 0 ? Verdict.AHEAD : Verdict.BACK);
    assertThat(guard.latest()).isZero();
    pass(LEASE / 2);
    assertThat(ask(0)).as("one jump is told once").isEqualTo(Verdict.STEADY);
    assertThat(guard.latest()).isZero();
    pass(LEASE / 2);
    assertThat(guard.latest()).isEqualTo(server + SLACK);
  }

  @Test
  void a_clock_that_jumps_under_way_is_not_believed_by_the_server_itself() {
    begin();
    pass(500);
    long latest = guard.latest();
    server += 3_600_000;

    assertThat(server).isGreaterThan(latest);
  }

  @Test
  void an_answer_that_takes_its_time_is_no_jump() {
    begin();
    for (int i = 0; i < 10; i++) {
      assertThat(ask(5_000)).isEqualTo(Verdict.STEADY);
      assertThat(guard.latest()).isPositive();
      pass(300);
    }
  }

  @Test
  void a_process_that_stood_still_while_the_server_went_on_believes_nothing_at_first() {
    begin();
    server += 60_000;

    assertThat(ask(0)).isEqualTo(Verdict.AHEAD);
    assertThat(guard.latest()).isZero();
  }

  /** Knows the server's clock, for as long as a lease. */
  private void begin() {
    ask(0);
    pass(LEASE);
    assertThat(ask(0)).isEqualTo(Verdict.STEADY);
    assertThat(guard.latest()).isPositive();
  }

  private void pass(long milliseconds) {
    nanos += TimeUnit.MILLISECONDS.toNanos(milliseconds);
    server += milliseconds;
  }

  /** Asks for the time; it is told somewhere on its way. */
  private Verdict ask(long way) {
    long asked = guard.now();
    long there = way == 0 ? 0 : ThreadLocalRandom.current().nextLong(way);
    pass(there);
    long told = server;
    pass(way - there);
    return guard.told(told, asked);
  }
}
