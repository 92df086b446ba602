package dev.leat.worker;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.leat.Handling;
import dev.leat.Position;
import dev.leat.Retry;
import dev.leat.Telemetry;
import dev.leat.Topic;
import dev.leat.Unsupported;
import dev.leat.Worker;
import dev.leat.broker.Broker;
import dev.leat.broker.BrokerLimits;
import dev.leat.broker.ThreadLoop;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What is asked for and the broker cannot do is refused by name, before anything is started. */
class StreamWorkerTest {
  private static final SentParts NO_PARTS =
      new SentParts(
          topic -> CompletableFuture.completedStage(""),
          one -> CompletableFuture.completedStage(""));

  private static final BrokerLimits LIMITS =
      new BrokerLimits(
          Duration.ofSeconds(1),
          Duration.ofHours(12),
          Duration.ofHours(12),
          10,
          256 << 10,
          Duration.ofSeconds(5));

  private final ThreadLoop loop = new ThreadLoop("test", true);
  private final Worker worker =
      new StreamWorker(brokerThatCannot(), loop, Topic.of("t"), "w", Telemetry.NONE, NO_PARTS);

  @AfterEach
  void close() {
    loop.close();
  }

  @Test
  void order_is_refused_where_it_cannot_be_kept() {
    assertThatThrownBy(worker::ordered)
        .isInstanceOf(Unsupported.class)
        .hasMessageContaining("KEY_ORDER");
  }

  @Test
  void more_attempts_than_the_broker_makes_are_refused() {
    assertThatThrownBy(() -> on(Handling.retrying(Retry.times(11))))
        .isInstanceOf(Unsupported.class)
        .hasMessage(
            "this broker gives a message up after 10 deliveries: retry with 10 attempts at most,"
                + " not 11");
    on(Handling.retrying(Retry.times(10)));
  }

  @Test
  void longer_waits_than_the_broker_keeps_are_refused() {
    Retry patient = Retry.SOME.withWaits(Duration.ofSeconds(1), Duration.ofHours(13));
    assertThatThrownBy(() -> on(Handling.retrying(patient)))
        .isInstanceOf(Unsupported.class)
        .hasMessageContaining("delays a message by PT12H at most");
  }

  @Test
  void a_lease_that_the_broker_cannot_keep_is_refused() {
    assertThatThrownBy(() -> worker.lease(Duration.ofMillis(600)))
        .isInstanceOf(Unsupported.class)
        .hasMessageContaining("it is PT1S at least");
    assertThatThrownBy(() -> worker.lease(Duration.ofMillis(1_500)))
        .isInstanceOf(Unsupported.class)
        .hasMessageContaining("not a multiple of PT1S");
    assertThatThrownBy(() -> worker.lease(Duration.ofHours(13)))
        .isInstanceOf(Unsupported.class)
        .hasMessageContaining("it is PT12H at most");
    worker.lease(Duration.ofSeconds(2));
  }

  @Test
  void a_time_to_begin_at_is_refused_where_it_is_not_found() {
    assertThatThrownBy(() -> worker.from(Position.at(Instant.EPOCH)))
        .isInstanceOf(Unsupported.class)
        .hasMessageContaining("TIME_POSITION");
  }

  @Test
  void answers_are_not_promised_where_they_cannot_be_kept() {
    assertThatThrownBy(() -> on(Handling.DEFAULT.idempotent()))
        .isInstanceOf(Unsupported.class)
        .hasMessageContaining("NOTES");
  }

  private void on(Handling handling) {
    worker.on("x", String.class, (text, request) -> text, handling);
  }

  private static Broker brokerThatCannot() {
    return (Broker)
        Proxy.newProxyInstance(
            Broker.class.getClassLoader(),
            new Class<?>[] {Broker.class},
            (proxy, method, arguments) ->
                switch (method.getName()) {
                  case "limits" -> LIMITS;
                  case "capabilities" -> Set.of();
                  default -> InvocationHandler.invokeDefault(proxy, method, arguments);
                });
  }
}
