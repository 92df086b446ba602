package dev.leat.gateway;

import static java.net.http.HttpRequest.BodyPublishers.noBody;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.leat.Handling;
import dev.leat.Headers;
import dev.leat.Message;
import dev.leat.Reply;
import dev.leat.gateway.route.OrderKey;
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
  void a_request_says_to_its_workers_what_it_is_about() {
    leat.worker("orders")
        .ordered()
        .on(
            "change",
            Message.class,
            (message, request) -> message.headers().get(Headers.KEY).orElse("none"))
        .start();
    Route route = Route.post("/orders/{id}", "orders", "change");
    listen(
        route.orderBy(OrderKey.parse("path.id")),
        Route.post("/by-query", "orders", "change").orderBy(OrderKey.parse("query.account")),
        Route.post("/by-header", "orders", "change").orderBy(OrderKey.parse("header.X-Account")),
        Route.post("/unordered", "orders", "change"));

    assertThat(change("/orders/o%2F17").body()).isEqualTo("o/17");
    assertThat(change("/by-query?account=a%201").body()).isEqualTo("a 1");
    assertThat(send(to("/by-header").header("x-account", "a-2").POST(noBody())).body())
        .isEqualTo("a-2");
    assertThat(send(to("/unordered").header("key", "forged").POST(noBody())).body())
        .isEqualTo("none");
    HttpResponse<String> missing = change("/by-query?account=");
    assertThat(missing.statusCode()).isEqualTo(400);
    assertThat(json(missing).path("detail").asString())
        .isEqualTo("requests are ordered by query.account, which this one does not have");
  }

  @Test
  void what_requests_could_never_be_ordered_by_is_refused() {
    Route route = Route.post("/orders/{id}", "orders", "change");

    assertThatThrownBy(() -> route.orderBy(OrderKey.parse("path.order")))
        .hasMessage("path /orders/{id} has no parameter {order} to order requests by");
    assertThatThrownBy(() -> OrderKey.parse("body.id"))
        .hasMessage("'body.id' is none of path.NAME, query.NAME and header.NAME");
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

  private HttpResponse<String> change(String path) {
    return send(to(path).POST(noBody()));
  }

  private HttpResponse<String> pay(String key, String body) {
    return send(to("/pay").header("idempotency-key", key).POST(BodyPublishers.ofString(body)));
  }
}
