package dev.leat.micrometer;

import static dev.leat.testkit.Awaiting.until;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.leat.HandlerFailed;
import dev.leat.Handling;
import dev.leat.Leat;
import dev.leat.Retry;
import dev.leat.Telemetry;
import io.micrometer.core.instrument.Metrics;
import io.micrometer.core.instrument.search.RequiredSearch;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class WorkerMetricsTest {
  private static final Duration LONG = Duration.ofSeconds(10);

  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final Leat leat = Leat.connect("memory:", new WorkerMetrics(registry));

  @AfterEach
  void stop() {
    leat.close();
  }

  @Test
  void attempts_and_their_ends_are_counted_and_measured_by_type() {
    AtomicInteger tried = new AtomicInteger();
    CountDownLatch goOn = new CountDownLatch(1);
    leat.worker("users")
        .on(
            "user.get",
            String.class,
            (id, request) -> {
              if (tried.incrementAndGet() == 1) {
                throw new IllegalStateException("not yet");
              }
              goOn.await();
              return id;
            },
            Handling.retrying(
                Retry.times(3).withWaits(Duration.ofMillis(5), Duration.ofMillis(10))))
        .start();
    var answer = leat.caller().callAsync("users", "user.get", "1", String.class, LONG);
    until("the second is at work", () -> gauge() == 1 && tried.get() == 2);
    goOn.countDown();
    assertThat(answer.toCompletableFuture().join()).isEqualTo("1");
    until("it was told", () -> outcomes("user.get", "replied") == 1);

    assertThat(gauge()).isZero();
    assertThat(outcomes("user.get", "retried")).isEqualTo(1);
    assertThat(named("leat.worker.attempts").tag("attempt", "first").counter().count())
        .isEqualTo(1);
    assertThat(named("leat.worker.attempts").tag("attempt", "again").counter().count())
        .isEqualTo(1);
    assertThat(named("leat.worker.waiting").timer().count()).isEqualTo(1);
    assertThat(named("leat.worker.handler").tag("failed", "true").timer().count()).isEqualTo(1);
    assertThat(named("leat.worker.handler").tag("failed", "false").timer().count()).isEqualTo(1);
    assertThat(
            named("leat.worker.handler")
                .tag("failed", "false")
                .timer()
                .totalTime(TimeUnit.MILLISECONDS))
        .isPositive();
  }

  @Test
  void types_that_nobody_handles_are_counted_as_one() {
    leat.worker("users").on("user.get", String.class, (id, request) -> id).start();
    for (String type : new String[] {"a", "b", "c"}) {
      assertThatThrownBy(() -> leat.caller().call("users", type, "1", String.class, LONG))
          .isInstanceOf(HandlerFailed.class);
    }
    until("they were told", () -> outcomes("(none)", "dead_lettered") == 3);
    assertThat(registry.getMeters()).noneMatch(meter -> "a".equals(meter.getId().getTag("type")));
  }

  @Test
  void the_lag_of_a_loop_is_that_of_what_it_has_not_taken_up() {
    CountDownLatch goOn = new CountDownLatch(1);
    until("it was taken up", () -> lag() >= 0);
    leat.loop()
        .execute(
            () -> {
              try {
                goOn.await();
              } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
              }
            });
    until("it lags", () -> lag() > 0.05);
    goOn.countDown();
    until("it lags no more", () -> lag() < 0.05);
    leat.close();
    assertThat(registry.find("leat.loop.lag").gauge()).isNull();
  }

  @Test
  void a_connection_is_measured_into_the_registry_of_the_program() {
    SimpleMeterRegistry own = new SimpleMeterRegistry();
    Metrics.addRegistry(own);
    try (Leat other = Leat.connect("memory:")) {
      assertThat(other.telemetry().isOn()).isTrue();
      other.worker("global").on("t", String.class, (text, request) -> text).start();
      other.caller().call("global", "t", "x", String.class, LONG);
      until(
          "it was counted",
          () ->
              own.get("leat.worker.outcomes")
                      .tag("topic", "global")
                      .tag("outcome", "replied")
                      .counter()
                      .count()
                  == 1);
    } finally {
      Metrics.removeRegistry(own);
    }
    assertThat(Telemetry.NONE.isOn()).isFalse();
  }

  private double lag() {
    return registry.get("leat.loop.lag").gauge().value();
  }

  private double gauge() {
    return registry.find("leat.worker.in.flight").gauge() == null
        ? 0
        : named("leat.worker.in.flight").gauge().value();
  }

  private double outcomes(String type, String outcome) {
    var counter =
        registry.find("leat.worker.outcomes").tag("type", type).tag("outcome", outcome).counter();
    return counter == null ? 0 : counter.count();
  }

  private RequiredSearch named(String name) {
    return registry.get(name).tag("topic", "users").tag("group", "workers").tag("type", "user.get");
  }
}
