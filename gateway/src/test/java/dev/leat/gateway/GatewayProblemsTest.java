package dev.leat.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.leat.Headers;
import dev.leat.MessageId;
import dev.leat.Payload;
import dev.leat.Reply;
import dev.leat.Topic;
import dev.leat.gateway.route.Route;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** What goes wrong, and what the client reads of it. */
class GatewayProblemsTest extends GatewayFixture {
  @ParameterizedTest
  @ValueSource(strings = {"{", "{} {}", "nope", "{\"a\":}", "[1,]", "\"open", " "})
  void malformed_json_is_400(String body) {
    listen(Route.post("/x", "t", "x"));

    assertProblem(post("/x", "application/json", body), 400, "Malformed JSON");
    assertThat(leat.broker().health(Topic.of("t").incoming()).toCompletableFuture().join())
        .extracting(health -> health.length())
        .isEqualTo(OptionalLong.of(0));
  }

  @Test
  void json_in_another_encoding_than_utf_8_is_400() {
    listen(Route.post("/x", "t", "x"));

    byte[] utf16 = "{}".getBytes(java.nio.charset.StandardCharsets.UTF_16LE);
    assertProblem(
        send(
            to("/x")
                .header("content-type", "application/json")
                .POST(BodyPublishers.ofByteArray(utf16))),
        400,
        "Malformed JSON");
  }

  @Test
  void text_that_is_not_its_charset_is_400_and_an_unknown_charset_415() {
    listen(Route.post("/x", "t", "x"));

    byte[] broken = {(byte) 0xFF};
    assertProblem(
        send(
            to("/x").header("content-type", "text/plain").POST(BodyPublishers.ofByteArray(broken))),
        400,
        "Malformed text");
    assertProblem(post("/x", "text/plain; charset=klingon", "x"), 415, "Unsupported media type");
  }

  @Test
  void an_undecodable_path_or_query_is_400() throws Exception {
    listen(Route.get("/x/{id}", "t", "x"));

    assertThat(raw("GET /x/%zz HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n"))
        .startsWith("HTTP/1.1 400 ")
        .contains("the path cannot be decoded");
    assertThat(raw("GET /x/1?a=%zz HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n"))
        .startsWith("HTTP/1.1 400 ")
        .contains("the query cannot be decoded");
  }

  @Test
  void an_unknown_path_is_404() {
    listen(Route.get("/x", "t", "x"));

    assertProblem(get("/y"), 404, "Not found");
  }

  @Test
  void a_wrong_method_is_405_and_says_which_are_allowed() {
    listen(Route.get("/x", "t", "x"), Route.post("/x", "t", "y"));

    HttpResponse<String> response = send(to("/x").DELETE());
    assertProblem(response, 405, "Method not allowed");
    assertThat(response.headers().firstValue("allow")).contains("GET, HEAD, OPTIONS, POST");
  }

  @Test
  void a_body_that_is_too_large_is_413_whether_announced_or_chunked() {
    listen(Route.post("/x", "t", "x").bodyLimit(100));

    byte[] large = new byte[3_000_000];
    HttpResponse<String> announced = send(to("/x").POST(BodyPublishers.ofByteArray(large)));
    assertProblem(announced, 413, "Body too large");
    HttpResponse<String> chunked =
        send(
            to("/x")
                .POST(BodyPublishers.ofInputStream(() -> new java.io.ByteArrayInputStream(large))));
    assertProblem(chunked, 413, "Body too large");
  }

  @Test
  void a_body_that_never_ends_is_413_and_the_connection_is_closed() throws Exception {
    listen(Route.post("/x", "t", "x").bodyLimit(100));

    try (var socket = connect()) {
      write(socket, "POST /x HTTP/1.1\r\nhost: a\r\ncontent-length: 1000000000\r\n\r\n");
      String megabyte = "x".repeat(1 << 20);
      for (int i = 0; i < 9; i++) {
        write(socket, megabyte);
      }
      assertThat(readAll(socket)).startsWith("HTTP/1.1 413 ").contains("connection: close");
    }
  }

  @Test
  void a_wrong_media_type_is_415() {
    leat.worker("t").on("x", Payload.class, (payload, request) -> payload).start();
    listen(Route.of("POST", "/x", "t", "x").accepts("application/JSON"));

    assertProblem(post("/x", "text/plain", "x"), 415, "Unsupported media type");
    assertProblem(send(to("/x").POST(BodyPublishers.ofString("x"))), 415, "Unsupported media type");
    assertThat(post("/x", "Application/Json; charset=utf-8", "[]").body()).isEqualTo("[]");
  }

  @Test
  void a_handler_that_fails_is_500_and_tells_nothing_of_why() {
    leat.worker("t")
        .on(
            "x",
            Payload.class,
            (payload, request) -> {
              throw new IllegalStateException("s3cret");
            })
        .start();
    listen(Route.get("/x", "t", "x"));

    HttpResponse<String> response = get("/x");
    assertProblem(response, 500, "Handler failed");
    assertThat(response.body()).doesNotContain("s3cret");
  }

  @Test
  void a_problem_that_a_handler_returns_is_shown_as_it_is() {
    leat.worker("t")
        .on("x", Payload.class, (p, request) -> Reply.problem(404, "No such user", "user 7"))
        .start();
    listen(Route.get("/x", "t", "x"));

    JsonNode problem = assertProblem(get("/x"), 404, "No such user");
    assertThat(problem.get("detail").asString()).isEqualTo("user 7");
  }

  @Test
  void a_reply_that_cannot_be_decoded_is_502() {
    leat.worker("t")
        .on("json", Payload.class, (payload, request) -> Payload.json("{oops"))
        .on(
            "status",
            Payload.class,
            (p, r) -> new Reply(200, "x", Headers.NONE).withStatus(299).withHttpHeader("a b", "c"))
        .on(
            "header",
            Payload.class,
            (p, r) -> Reply.of("x").withHttpHeader("x-split", "a\r\nset-cookie: b=c"))
        .on(
            "problem",
            Payload.class,
            (p, r) -> new Reply(200, "x", Headers.of("error", "true", "status", "abc")))
        .start();
    listen(
        Route.get("/json", "t", "json"),
        Route.get("/status", "t", "status"),
        Route.get("/header", "t", "header"),
        Route.get("/problem", "t", "problem"));

    assertProblem(get("/json"), 502, "Undecodable reply");
    assertProblem(get("/status"), 502, "Undecodable reply");
    HttpResponse<String> split = get("/header");
    assertProblem(split, 502, "Undecodable reply");
    assertThat(split.headers().firstValue("set-cookie")).isEmpty();
    assertProblem(get("/problem"), 502, "Undecodable reply");
  }

  @Test
  void no_reply_in_time_is_504_and_frees_the_entry() {
    listen(Route.get("/x", "t", "x").timeout(Duration.ofMillis(50)));

    HttpResponse<String> late = get("/x");
    assertProblem(late, 504, "No reply in time");
    assertThat(late.body()).contains("no worker had taken it when its time was over");
    assertThat(gateway.inFlight()).isZero();
  }

  @Test
  void a_reply_that_is_late_is_dropped_and_the_next_request_gets_its_own() {
    leat.worker("t")
        .on(
            "x",
            Payload.class,
            (payload, request) -> {
              boolean slow = request.query("slow").isPresent();
              await().until(() -> !slow || gateway.inFlight() == 0);
              return slow ? "slow" : "fast";
            })
        .start();
    listen(Route.get("/x", "t", "x").timeout(Duration.ofSeconds(1)));

    HttpResponse<String> late = get("/x?slow");
    assertProblem(late, 504, "No reply in time");
    assertThat(late.body()).contains("a worker has it, and may still do it");
    await().atMost(LONG).until(() -> workers("t").pending().orElseThrow() == 0);
    assertThat(get("/x").body()).isEqualTo("fast");
  }

  @Test
  void a_topic_that_is_full_is_503_with_a_time_to_try_again() {
    try (var small = dev.leat.Leat.connect("memory:?entries=1");
        LeatGateway edge =
            LeatGateway.on(small)
                .route(Route.post("/x", "t", "x").reply(dev.leat.gateway.route.ReplyMode.NONE))) {
      edge.listen("127.0.0.1", 0);
      var request =
          to("/x")
              .uri(java.net.URI.create("http://127.0.0.1:" + edge.port() + "/x"))
              .POST(BodyPublishers.noBody());
      assertThat(send(request).statusCode()).isEqualTo(202);

      HttpResponse<String> full = send(request);
      assertProblem(full, 503, "Too much waiting");
      assertThat(full.headers().firstValue("retry-after")).contains("1");
    }
  }

  private static JsonNode assertProblem(HttpResponse<String> response, int status, String title) {
    assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
    assertThat(response.headers().firstValue("content-type")).contains("application/problem+json");
    JsonNode problem = json(response);
    assertThat(problem.get("status").asInt()).isEqualTo(status);
    assertThat(problem.get("title").asString()).isEqualTo(title);
    assertThat(MessageId.madeAt(problem.get("id").asString())).isNotNull();
    return problem;
  }
}
