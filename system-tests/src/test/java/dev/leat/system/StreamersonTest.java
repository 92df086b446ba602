package dev.leat.system;

import static dev.leat.testkit.Awaiting.until;
import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.Dialect;
import dev.leat.Leat;
import dev.leat.gateway.LeatGateway;
import dev.leat.gateway.route.ReplyMode;
import dev.leat.gateway.route.Route;
import dev.leat.redis.RedisClient;
import dev.leat.redis.RedisServerProcess;
import java.net.http.HttpClient;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * A gateway before consumers that know only the shared reply stream. The test is such a consumer,
 * string by string as Streamerson's write and read them.
 */
class StreamersonTest {
  private static final String INCOMING = "my-stream-topic::DEFAULT::CONSUMER_INCOMING";
  private static final String OUTGOING = "my-stream-topic::DEFAULT::PRODUCER_OUTGOING";

  private final RedisServerProcess redis = RedisServerProcess.start(RedisServerProcess.CURRENT);
  private final RedisClient consumer = new RedisClient(redis.port());
  private final Leat leat = Leat.connect(redis.url());
  private final HttpClient http = HttpClient.newHttpClient();
  private final LeatGateway gateway =
      LeatGateway.on(leat)
          .eventLoops(2)
          .route(
              Route.post("/packed", "my-stream-topic", "resp")
                  .reply(ReplyMode.SHARED)
                  .sharedLimit(20))
          .route(
              Route.get("/late", "my-stream-topic", "resp")
                  .reply(ReplyMode.SHARED)
                  .sharedLimit(10)
                  .timeout(Duration.ofMillis(300)))
          .route(
              Route.get("/read", "my-stream-topic", "resp").reply(ReplyMode.SHARED).sharedLimit(10))
          .route(
              Route.post("/named", "my-stream-topic", "resp")
                  .reply(ReplyMode.SHARED)
                  .sharedLimit(5)
                  .dialect(Dialect.NAMED))
          .route(Route.post("/private", "my-stream-topic", "resp"))
          .listen("127.0.0.1", 0);

  @AfterEach
  void stop() {
    http.shutdownNow();
    gateway.close();
    leat.close();
    consumer.close();
    redis.close();
  }

  @Test
  void a_packed_request_is_answered_on_the_shared_stream() {
    CompletableFuture<HttpResponse<String>> response = post("/packed", "{\"n\":1}");
    List<String> request = request();
    assertThat(request).hasSize(8);
    assertThat(request.subList(1, 3)).containsExactly("resp", OUTGOING);
    assertThat(request.subList(6, 8)).containsExactly("UnoccupiedField", "{\"n\":1}");

    answerPacked(request.getFirst(), "{\"n\":2}");

    assertThat(response.join().body()).isEqualTo("{\"n\":2}");
    assertThat(response.join().headers().firstValue("content-type")).contains("application/json");
  }

  @Test
  void a_named_request_is_answered_on_the_shared_stream() {
    CompletableFuture<HttpResponse<String>> response = post("/named", "{\"n\":1}");
    List<String> request = request();
    assertThat(request).hasSize(14);
    assertThat(valueOf("messageType", request)).isEqualTo("resp");
    assertThat(valueOf("incomingStream", request)).isEqualTo(OUTGOING);
    assertThat(valueOf("messageProtocol", request)).isEqualTo("json");
    assertThat(valueOf("payload", request)).isEqualTo("{\"n\":1}");

    answerNamed(valueOf("messageId", request), "{\"n\":2}");

    assertThat(response.join().body()).isEqualTo("{\"n\":2}");
  }

  @Test
  void an_answer_may_come_in_the_other_dialect() {
    CompletableFuture<HttpResponse<String>> response = post("/packed", "{}");
    answerNamed(request().getFirst(), "\"named\"");

    assertThat(response.join().body()).isEqualTo("\"named\"");
  }

  @Test
  void a_request_without_a_body_is_json_that_such_a_consumer_can_parse() {
    CompletableFuture<HttpResponse<String>> response = Requests.get(http, gateway.port(), "/read");
    List<String> request = request();
    assertThat(request.get(4)).isEqualTo("json");
    assertThat(request.getLast()).isEqualTo("{}");

    answerPacked(request.getFirst(), "{\"n\":2}");
    assertThat(response.join().body()).isEqualTo("{\"n\":2}");
  }

  @Test
  void of_a_consumer_without_a_group_it_is_not_said_that_it_has_nothing() {
    HttpResponse<String> late = Requests.get(http, gateway.port(), "/late").join();
    assertThat(late.statusCode()).isEqualTo(504);
    assertThat(late.body()).contains("the work may still be done");
  }

  @Test
  void what_is_no_json_does_not_come_to_such_a_consumer_unless_its_route_says_so() {
    assertThat(
            Requests.post(http, gateway.port(), "/packed", "text/plain", "hello")
                .join()
                .statusCode())
        .isEqualTo(415);
  }

  @Test
  void what_no_group_reads_keeps_as_many_entries_as_its_routes_say() {
    for (int i = 0; i < 50; i++) {
      consumer.append(
          INCOMING, "id" + i, "resp", OUTGOING, "nil", "json", "", "UnoccupiedField", "1");
      consumer.append(OUTGOING, "id" + i, "resp", "", "nil", "json", "", "UnoccupiedField", "1");
    }
    until(
        "both are as short as they may be",
        () -> consumer.entries(INCOMING).size() == 20 && consumer.entries(OUTGOING).size() == 20);
    assertThat(consumer.entries(INCOMING).getLast().getFirst()).isEqualTo("id49");
  }

  @Test
  void only_an_id_that_is_waited_for_there_is_answered_there() {
    consumer.startGroup(INCOMING, "workers");
    CompletableFuture<HttpResponse<String>> secret = post("/private", "{}");
    List<String> request = request();
    answerPacked("nobody-waits-for-this", "1");
    answerPacked(request.getFirst(), "\"from somebody who reads along\"");
    CompletableFuture<HttpResponse<String>> shared = post("/packed", "{}");
    until("both are there", () -> consumer.entries(INCOMING).size() == 2);
    answerPacked(consumer.entries(INCOMING).getLast().getFirst(), "\"shared\"");
    assertThat(shared.join().body()).isEqualTo("\"shared\"");

    assertThat(secret).isNotDone();
    consumer.append(
        request.get(2), request.getFirst(), "resp", "", "nil", "json", "", "UnoccupiedField", "1");
    assertThat(secret.join().body()).isEqualTo("1");
  }

  private CompletableFuture<HttpResponse<String>> post(String path, String json) {
    return Requests.postJson(http, gateway.port(), path, json);
  }

  private List<String> request() {
    until("the request is in the stream", () -> !consumer.entries(INCOMING).isEmpty());
    return consumer.entries(INCOMING).getFirst();
  }

  private void answerPacked(String id, String json) {
    consumer.append(OUTGOING, id, "resp", "", "nil", "json", "", "UnoccupiedField", json);
  }

  private void answerNamed(String id, String json) {
    consumer.append(
        OUTGOING,
        "messageId",
        id,
        "messageType",
        "resp",
        "incomingStream",
        "",
        "messageHeaders",
        "nil",
        "messageProtocol",
        "json",
        "messageSourceId",
        "consumer",
        "payload",
        json);
  }

  private static String valueOf(String name, List<String> entry) {
    return entry.get(entry.indexOf(name) + 1);
  }
}
