package dev.leat.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.leat.Payload;
import dev.leat.Topic;
import dev.leat.gateway.route.ReplyMode;
import dev.leat.gateway.route.Route;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** How connections behave: kept alive, pipelined, given up, and many at a time. */
class GatewayConnectionsTest extends GatewayFixture {
  private static final String END = "connection: close\r\n\r\n";

  @Test
  void a_body_is_whole_in_whatever_parts_it_comes() throws IOException {
    leat.worker("t").on("x", Payload.class, (payload, request) -> payload).start();
    listen(Route.post("/x", "t", "x"));
    StringBuilder chunks = new StringBuilder();
    StringBuilder body = new StringBuilder();
    for (int size : List.of(1, 1, 1, 3_000, 1, 2, 1_023, 1_024, 70_000, 1)) {
      String part = String.valueOf((char) ('a' + body.length() % 26)).repeat(size);
      chunks.append(Integer.toHexString(size)).append("\r\n").append(part).append("\r\n");
      body.append(part);
    }

    String answer =
        raw(
            "POST /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: text/plain\r\n"
                + "Transfer-Encoding: chunked\r\n\r\n"
                + chunks
                + "0\r\n\r\n");

    assertThat(answer).startsWith("HTTP/1.1 200").endsWith("\r\n\r\n" + body);
  }

  @Test
  void pipelined_requests_are_answered_in_order_on_one_connection() throws Exception {
    leat.worker("t")
        .on("x", Payload.class, (payload, request) -> request.query("n").orElseThrow())
        .start();
    listen(Route.get("/x", "t", "x"), Route.post("/x", "t", "x"));

    String answers =
        raw(
            "GET /x?n=one HTTP/1.1\r\nhost: a\r\n\r\n"
                + "POST /x?n=two HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\nhello"
                + "HEAD /x?n=three HTTP/1.1\r\nhost: a\r\n\r\n"
                + "GET /nowhere HTTP/1.1\r\nhost: a\r\n\r\n"
                + "GET /x?n=four HTTP/1.1\r\nhost: a\r\n"
                + END);

    assertThat(answers.split("HTTP/1.1 ", -1)).hasSize(6);
    assertThat(answers).containsSubsequence("200 OK", "\r\n\r\none", "\r\n\r\ntwo", "404", "four");
  }

  @Test
  void head_is_get_without_the_body_and_with_its_length() throws Exception {
    leat.worker("t").on("x", Payload.class, (payload, request) -> "twelve chars").start();
    listen(Route.get("/x", "t", "x"));

    HttpResponse<String> response = send(to("/x").method("HEAD", BodyPublishers.noBody()));
    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.headers().firstValue("content-length")).contains("12");
    assertThat(response.body()).isEmpty();
    assertThat(raw("HEAD /x HTTP/1.1\r\nhost: a\r\n" + END)).endsWith("\r\n\r\n");
    assertThat(raw("HEAD /none HTTP/1.1\r\nhost: a\r\n" + END))
        .startsWith("HTTP/1.1 404 ")
        .endsWith("\r\n\r\n");
  }

  @Test
  void options_says_what_a_path_takes() throws Exception {
    listen(Route.get("/x", "t", "x"), Route.delete("/x", "t", "y"));

    HttpResponse<String> response = send(to("/x").method("OPTIONS", BodyPublishers.noBody()));
    assertThat(response.statusCode()).isEqualTo(204);
    assertThat(response.headers().firstValue("allow")).contains("DELETE, GET, HEAD, OPTIONS");
    assertThat(send(to("/y").method("OPTIONS", BodyPublishers.noBody())).statusCode())
        .isEqualTo(404);
    assertThat(raw("OPTIONS * HTTP/1.1\r\nhost: a\r\n" + END)).startsWith("HTTP/1.1 204 ");
  }

  @Test
  void a_client_that_expects_100_is_told_to_continue_or_refused_before_it_sends() throws Exception {
    leat.worker("t").on("x", Payload.class, (payload, request) -> payload).start();
    listen(Route.post("/x", "t", "x").bodyLimit(10));

    String head = "POST /x HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\n";
    try (Socket socket = connect()) {
      write(socket, head + "content-length: 5\r\n" + END);
      byte[] interim = socket.getInputStream().readNBytes(25);
      assertThat(new String(interim, java.nio.charset.StandardCharsets.US_ASCII))
          .startsWith("HTTP/1.1 100 Continue");
      write(socket, "hello");
      assertThat(readAll(socket)).contains("HTTP/1.1 200 OK").endsWith("hello");
    }
    assertThat(raw(head + "content-length: 11\r\n\r\n")).startsWith("HTTP/1.1 413 ");
  }

  @Test
  void a_client_that_disconnects_frees_its_pending_entry() throws Exception {
    listen(Route.get("/x", "t", "x").timeout(java.time.Duration.ofMinutes(10)));

    Socket socket = connect();
    write(socket, "GET /x HTTP/1.1\r\nhost: a\r\n\r\n");
    await().atMost(LONG).until(() -> gateway.inFlight() == 1);
    socket.close();

    await().atMost(LONG).until(() -> gateway.inFlight() == 0);
  }

  @Test
  void a_client_that_goes_away_in_the_middle_of_its_body_sends_no_message() throws Exception {
    leat.worker("t").on("x", Payload.class, (payload, request) -> payload).start();
    listen(Route.post("/x", "t", "x"));

    try (Socket socket = connect()) {
      write(socket, "POST /x HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\nhel");
    }
    assertThat(post("/x", "text/plain", "whole").body()).isEqualTo("whole");
    assertThat(leat.broker().health(Topic.of("t").incoming()).toCompletableFuture().join().length())
        .hasValue(1);
  }

  @Test
  void a_gateway_that_closes_answers_what_is_under_way() throws Exception {
    CountDownLatch closing = new CountDownLatch(1);
    leat.worker("t")
        .on(
            "x",
            Payload.class,
            (payload, request) -> {
              closing.await();
              return "answered";
            })
        .start();
    gateway.manageAt("127.0.0.1", 0);
    listen(Route.get("/x", "t", "x"), Route.get("/shared", "t", "x").reply(ReplyMode.SHARED));
    var response = http.sendAsync(to("/x").build(), BodyHandlers.ofString());
    var shared = http.sendAsync(to("/shared").build(), BodyHandlers.ofString());
    await().atMost(LONG).until(() -> gateway.inFlight() == 2);

    URI ready = URI.create("http://127.0.0.1:" + gateway.managementPort() + "/health/ready");
    Thread closer = Thread.startVirtualThread(gateway::close);
    await().atMost(LONG).until(() -> send(to("/").uri(ready)).body().contains("draining"));
    closing.countDown();

    assertThat(response.join().body()).isEqualTo("answered");
    assertThat(shared.join().body()).isEqualTo("answered");
    closer.join();
  }

  @Test
  void who_still_waits_when_the_drain_is_over_is_told_so() {
    gateway.drain(Duration.ofMillis(300));
    listen(Route.get("/x", "nobody", "x").timeout(LONG));
    var response = http.sendAsync(to("/x").build(), BodyHandlers.ofString());
    await().atMost(LONG).until(() -> gateway.inFlight() == 1);

    gateway.close();

    assertThat(response.join().statusCode()).isEqualTo(503);
    assertThat(response.join().headers().firstValue("retry-after")).contains("1");
    assertThat(json(response.join()).get("title").asString()).isEqualTo("Closing");
  }

  @Test
  void a_thousand_at_once_with_each_tenth_failing_get_900_answers_and_100_problems() {
    leat.worker("t")
        .on(
            "x",
            Payload.class,
            (payload, request) -> {
              String n = request.query("n").orElseThrow();
              if (n.endsWith("0")) {
                throw new IllegalArgumentException("each tenth");
              }
              return n;
            })
        .start();
    listen(Route.get("/x", "t", "x"));

    List<CompletableFuture<HttpResponse<String>>> responses =
        IntStream.range(0, 1000)
            .mapToObj(n -> http.sendAsync(to("/x?n=" + n).build(), BodyHandlers.ofString()))
            .toList();

    int problems = 0;
    for (int n = 0; n < 1000; n++) {
      HttpResponse<String> response = responses.get(n).join();
      if (response.statusCode() == 500) {
        problems++;
      } else {
        assertThat(response.body()).isEqualTo(Integer.toString(n));
      }
    }
    assertThat(problems).isEqualTo(100);
    assertThat(gateway.inFlight()).isZero();
    await().atMost(LONG).until(() -> workers("t").pending().orElseThrow() == 0);
    assertThat(workers("t").backlog()).hasValue(0);
  }
}
