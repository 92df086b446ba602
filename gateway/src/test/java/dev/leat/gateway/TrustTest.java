package dev.leat.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.leat.Handling;
import dev.leat.Message;
import dev.leat.Reply;
import dev.leat.gateway.route.Route;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** What clients may rely on when they repeat, go away, or are too many. */
class TrustTest extends GatewayFixture {
  @Test
  void a_repeated_idempotency_key_is_answered_with_the_first_reply_by_any_gateway() {
    AtomicInteger effects = new AtomicInteger();
    leat.worker("pay")
        .on(
            "pay",
            Message.class,
            (message, request) -> Reply.created("/pay/1", "paid " + effects.incrementAndGet()),
            Handling.DEFAULT.idempotent())
        .start();
    Route route = Route.post("/pay", "pay", "pay").keyRequired(true);
    listen(route);
    HttpResponse<String> first = pay("\"k-1\"", "{}");
    try (LeatGateway other = LeatGateway.on(leat).route(route)) {
      other.listen("127.0.0.1", 0);
      HttpResponse<String> again =
          send(
              java.net.http.HttpRequest.newBuilder(
                      java.net.URI.create("http://127.0.0.1:" + other.port() + "/pay"))
                  .header("idempotency-key", "k-1")
                  .POST(BodyPublishers.ofString("{}")));

      assertThat(first.statusCode()).isEqualTo(201);
      assertThat(again.statusCode()).isEqualTo(201);
      assertThat(again.body()).isEqualTo(first.body()).isEqualTo("paid 1");
      assertThat(again.headers().firstValue("location")).contains("/pay/1");
      assertThat(again.headers().firstValue("idempotent-replayed")).contains("true");
      assertThat(first.headers().firstValue("idempotent-replayed")).isEmpty();
    }
    assertThat(pay("k-1", "{\"other\":1}").statusCode()).isEqualTo(422);
    assertThat(effects).hasValue(1);
  }

  @Test
  void a_route_may_ask_for_an_idempotency_key() {
    listen(Route.post("/pay", "pay", "pay").keyRequired(true));

    HttpResponse<String> missing = send(to("/pay").POST(BodyPublishers.ofString("{}")));
    assertThat(missing.statusCode()).isEqualTo(400);
    assertThat(json(missing).path("title").asString()).isEqualTo("Idempotency-Key missing");
    assertThat(pay("", "{}").statusCode()).isEqualTo(400);
    assertThat(pay("x".repeat(256), "{}").statusCode()).isEqualTo(400);
    assertThat(pay("\"open", "{}").statusCode()).isEqualTo(400);
  }

  @Test
  void a_client_that_goes_interrupts_the_handler() throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    AtomicBoolean interrupted = new AtomicBoolean();
    leat.worker("slow")
        .on(
            "slow",
            Message.class,
            (message, request) -> {
              begun.countDown();
              try {
                new CountDownLatch(1).await();
              } catch (InterruptedException expected) {
                interrupted.set(true);
              }
              return "";
            })
        .start();
    listen(Route.get("/slow", "slow", "slow"));
    try (java.net.Socket client = connect()) {
      write(client, "GET /slow HTTP/1.1\r\nHost: x\r\n\r\n");
      begun.await();
    }

    await().atMost(LONG).until(interrupted::get);
  }

  @Test
  void what_a_route_cannot_hold_is_answered_503_and_says_when_to_come_again() throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    leat.worker("slow")
        .on(
            "slow",
            Message.class,
            (message, request) -> {
              begun.countDown();
              go.await();
              return "done";
            })
        .start();
    listen(Route.get("/slow", "slow", "slow").inFlightLimit(1));
    CompletableFuture<HttpResponse<String>> first =
        CompletableFuture.supplyAsync(() -> get("/slow"), Thread::startVirtualThread);
    begun.await();

    HttpResponse<String> second = get("/slow");
    assertThat(second.statusCode()).isEqualTo(503);
    assertThat(second.headers().firstValue("retry-after")).contains("1");
    assertThat(json(second).path("title").asString()).isEqualTo("Too much waiting");
    go.countDown();
    assertThat(first.join().body()).isEqualTo("done");
    assertThat(get("/slow").statusCode()).isEqualTo(200);
  }

  private HttpResponse<String> pay(String key, String body) {
    return send(to("/pay").header("idempotency-key", key).POST(BodyPublishers.ofString(body)));
  }
}
