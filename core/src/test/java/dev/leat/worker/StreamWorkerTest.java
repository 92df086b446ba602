package dev.leat.worker;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.leat.Handling;
import dev.leat.Retry;
import dev.leat.Topic;
import dev.leat.Unsupported;
import dev.leat.Worker;
import dev.leat.broker.Broker;
import dev.leat.broker.ThreadLoop;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What is asked for and the broker cannot do is refused by name, before anything is started. */
class StreamWorkerTest {
  private final ThreadLoop loop = new ThreadLoop("test", true);
  private final Worker worker = new StreamWorker(brokerThatCannot(), loop, Topic.of("t"), "w");

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
  void retries_are_refused_where_delays_cannot_be_kept() {
    assertThatThrownBy(() -> on(Handling.retrying(Retry.SOME)))
        .isInstanceOf(Unsupported.class)
        .hasMessageContaining("DELAYED_RELEASE");
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
                method.isDefault()
                    ? InvocationHandler.invokeDefault(proxy, method, arguments)
                    : Set.of());
  }
}
