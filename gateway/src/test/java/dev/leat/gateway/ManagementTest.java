package dev.leat.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.leat.BadConfiguration;
import dev.leat.Handling;
import dev.leat.Headers;
import dev.leat.Message;
import dev.leat.Payload;
import dev.leat.StreamRef;
import dev.leat.Topic;
import dev.leat.broker.Append;
import dev.leat.broker.Delivery;
import dev.leat.broker.Membership;
import dev.leat.gateway.route.ReplyMode;
import dev.leat.gateway.route.Route;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Health and metrics. */
class ManagementTest extends GatewayFixture {
  @BeforeEach
  void start() {
    leat.worker("t")
        .on("x", Payload.class, (payload, request) -> "answer")
        .on(
            "fails",
            Payload.class,
            (payload, request) -> {
              throw new IllegalStateException("on purpose");
            })
        .start();
    gateway.manageAt("127.0.0.1", 0);
    listen(
        Route.get("/x/{id}", "t", "x"),
        Route.get("/fails", "t", "fails"),
        Route.post("/events", "t", "x").reply(ReplyMode.NONE),
        Route.get("/slow", "other-make", "slow").timeout(Duration.ofMillis(200)),
        Route.get("/shared", "old-make", "x")
            .reply(ReplyMode.SHARED)
            .timeout(Duration.ofMillis(50)),
        Route.get("/late", "nobody", "x").timeout(Duration.ofMillis(50)),
        Route.get("/wait", "nobody", "x").timeout(Duration.ofMinutes(5)));
  }

  @Test
  void it_is_live_and_ready() {
    assertThat(managed("/health/live").body()).isEqualTo("{\"status\":\"up\"}");
    assertThat(managed("/health/ready").statusCode()).isEqualTo(200);
    assertThat(managed("/health/ready").body()).isEqualTo("{\"status\":\"up\",\"broker\":\"up\"}");
    assertThat(managed("/nowhere").statusCode()).isEqualTo(404);
    assertThat(get("/metrics").statusCode()).as("not where clients ask").isEqualTo(404);
  }

  @Test
  void it_is_not_ready_while_the_broker_is_not_there() {
    leat.broker().close();

    assertThat(managed("/health/live").statusCode()).isEqualTo(200);
    assertThat(managed("/health/ready").statusCode()).isEqualTo(503);
  }

  @Test
  void requests_are_counted_by_route_and_outcome() {
    assertThat(get("/x/7").statusCode()).isEqualTo(200);
    assertThat(get("/x/8").statusCode()).isEqualTo(200);
    assertThat(get("/fails").statusCode()).isEqualTo(500);
    assertThat(get("/late").statusCode()).isEqualTo(504);
    assertThat(get("/nowhere").statusCode()).isEqualTo(404);
    assertThat(send(to("/events").POST(BodyPublishers.noBody())).statusCode()).isEqualTo(202);

    String metrics = metrics();
    assertThat(count(metrics, "GET /x/{id}", "replied", "200")).isEqualTo("2");
    assertThat(count(metrics, "GET /fails", "failed", "500")).isEqualTo("1");
    assertThat(count(metrics, "GET /late", "expired", "504")).isEqualTo("1");
    assertThat(count(metrics, "none", "refused", "404")).isEqualTo("1");
    assertThat(count(metrics, "POST /events", "accepted", "202")).isEqualTo("1");
  }

  @Test
  void what_could_not_be_decoded_is_counted_too() throws IOException {
    assertThat(raw("GET /" + "x".repeat(20_000) + " HTTP/1.1\r\nHost: x\r\n\r\n")).contains("414");
    assertThat(raw("GET / HTTP/1.1\r\nHost: x\r\nX: " + "x".repeat(40_000) + "\r\n\r\n"))
        .contains("431");
    assertThat(raw("no request at all\r\n\r\n")).contains("400");

    await()
        .atMost(LONG)
        .untilAsserted(
            () -> {
              assertThat(count(metrics(), "none", "refused", "414")).isEqualTo("1");
              assertThat(count(metrics(), "none", "refused", "431")).isEqualTo("1");
              assertThat(count(metrics(), "none", "refused", "400")).isEqualTo("1");
            });
    assertThat(get("/x/7").statusCode()).isEqualTo(200);
  }

  @Test
  void an_answer_that_is_replayed_says_nothing_of_what_its_handler_took() {
    leat.worker("once")
        .on("x", Payload.class, (payload, request) -> "answer", Handling.DEFAULT.idempotent())
        .start();
    gateway.reload(List.of(Route.post("/once", "once", "x")));
    for (int i = 0; i < 3; i++) {
      assertThat(
              send(to("/once").header("idempotency-key", "k").POST(BodyPublishers.noBody())).body())
          .isEqualTo("answer");
    }

    assertThat(value(metrics(), "leat_gateway_handler_seconds_count{route=\"POST /once\"}"))
        .isEqualTo("1");
    assertThat(count(metrics(), "POST /once", "replied", "200")).isEqualTo("3");
  }

  @Test
  void time_is_told_end_to_end_in_the_handler_and_in_the_stream() {
    get("/x/7");

    String metrics = metrics();
    assertThat(value(metrics, "leat_gateway_handler_seconds_count{route=\"GET /x/{id}\"}"))
        .isEqualTo("1");
    assertThat(value(metrics, "leat_gateway_stream_seconds_count{route=\"GET /x/{id}\"}"))
        .isEqualTo("1");
    assertThat(metrics)
        .contains(
            "leat_gateway_requests_seconds_bucket{outcome=\"replied\",route=\"GET"
                + " /x/{id}\",status=\"200\",le=\"10.0\"} 1");
  }

  @Test
  void a_topic_of_events_that_no_route_leads_to_is_there_as_all_others() {
    assertThat(metrics()).doesNotContain("topic=\"audit\"");
    leat.worker("audit")
        .group("ledger")
        .onOneWay("event", String.class, (text, request) -> {})
        .start();
    await()
        .atMost(LONG)
        .untilAsserted(
            () ->
                assertThat(value(metrics(), "leat_topic_members{group=\"ledger\",topic=\"audit\"}"))
                    .isEqualTo("1.0"));
  }

  @Test
  void what_is_under_way_and_waits_is_read_from_the_streams() {
    CompletableFuture<HttpResponse<String>> waiting =
        http.sendAsync(to("/wait").build(), BodyHandlers.ofString());
    await().atMost(LONG).until(() -> value(metrics(), "leat_gateway_in_flight").equals("1.0"));
    get("/x/7");

    assertThat(value(metrics(), "leat_topic_members{group=\"workers\",topic=\"t\"}"))
        .isEqualTo("1.0");
    assertThat(value(metrics(), "leat_topic_backlog{group=\"workers\",topic=\"t\"}"))
        .isEqualTo("0.0");
    assertThat(value(metrics(), "leat_topic_pending{group=\"workers\",topic=\"t\"}"))
        .isEqualTo("0.0");
    assertThat(value(metrics(), "leat_topic_dead_letters{topic=\"t\"}")).isEqualTo("0.0");
    waiting.cancel(true);
    await()
        .atMost(LONG)
        .untilAsserted(
            () -> assertThat(count(metrics(), "GET /wait", "cancelled", "none")).isEqualTo("1"));
  }

  @Test
  void a_brokers_clock_that_is_ones_own_is_not_ahead() {
    assertThat(value(metrics(), "leat_broker_clock_ahead_seconds")).isEqualTo("0.0");
  }

  @Test
  void late_replies_are_counted() {
    List<Delivery> held = new CopyOnWriteArrayList<>();
    leat.broker()
        .subscribe(Membership.of(Topic.of("other-make"), "workers", "m"), held::addAll)
        .request(1);
    assertThat(get("/slow").statusCode()).isEqualTo(504);
    Delivery late = held.getFirst();
    Message reply = late.message().reply(Headers.NONE, "", Payload.text("late"));
    System.gc();
    var unused =
        late.complete(List.of(new Append(new StreamRef.At(late.message().destination()), reply)));

    awaitLateReplies("1.0");
  }

  @Test
  void
      replies_that_are_late_or_come_twice_on_a_shared_stream_are_counted_but_not_those_of_others() {
    assertThat(get("/shared").statusCode()).isEqualTo(504);
    List<Delivery> held = new CopyOnWriteArrayList<>();
    leat.broker()
        .subscribe(Membership.of(Topic.of("old-make"), "workers", "m"), held::addAll)
        .request(1);
    await().atMost(LONG).until(() -> !held.isEmpty());
    StreamRef stream = Topic.of("old-make").sharedReplies();
    Message reply = held.getFirst().message().reply(Headers.NONE, "", Payload.text("late"));
    Message others = new Message("x", "resp", "", Headers.NONE, "", Payload.EMPTY);
    Append late = new Append(stream, reply);
    var unused = held.getFirst().complete(List.of(new Append(stream, others), late, late));

    awaitLateReplies("2.0");
  }

  private void awaitLateReplies(String count) {
    await()
        .atMost(LONG)
        .until(() -> value(metrics(), "leat_gateway_late_replies_total").equals(count));
  }

  @Test
  void an_address_that_is_taken_is_one_sentence() {
    try (LeatGateway second =
        LeatGateway.on(leat).manageAt("127.0.0.1", gateway.managementPort())) {
      assertThatThrownBy(() -> second.listen("127.0.0.1", 0))
          .isInstanceOf(BadConfiguration.class)
          .hasMessageContaining("for management, cannot be listened on");
    }
  }

  private String metrics() {
    HttpResponse<String> response = managed("/metrics");
    assertThat(response.headers().firstValue("content-type").orElse("")).startsWith("text/plain");
    return response.body();
  }

  private static String count(String metrics, String route, String outcome, String status) {
    return value(
        metrics,
        "leat_gateway_requests_seconds_count{outcome=\"%s\",route=\"%s\",status=\"%s\"}"
            .formatted(outcome, route, status));
  }

  private static String value(String metrics, String name) {
    return metrics
        .lines()
        .filter(line -> line.startsWith(name + " "))
        .map(line -> line.substring(name.length() + 1))
        .findFirst()
        .orElse("nothing in\n" + metrics);
  }

  private HttpResponse<String> managed(String path) {
    return send(to(path).uri(URI.create("http://127.0.0.1:" + gateway.managementPort() + path)));
  }
}
