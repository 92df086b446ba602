package dev.leat.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.leat.Message;
import dev.leat.Payload;
import dev.leat.gateway.http.ClientLimits;
import dev.leat.gateway.route.RateLimit;
import dev.leat.gateway.route.Route;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.StreamResetException;
import java.io.IOException;
import java.net.Socket;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Limits to the byte and to the request, and what is free again after each. */
class EdgeLimitsTest extends GatewayFixture {
  private final CountDownLatch go = new CountDownLatch(1);

  @BeforeEach
  void start() {
    leat.worker("t")
        .on("x", Payload.class, (payload, request) -> "took " + payload.size())
        .on(
            "slow",
            Message.class,
            (message, request) -> {
              go.await();
              return "done";
            })
        .start();
  }

  @AfterEach
  void letGo() {
    go.countDown();
  }

  @ParameterizedTest
  @CsvSource({"99, 200", "100, 200", "101, 413", "0, 200"})
  void a_body_may_have_as_many_bytes_as_its_route_says_and_not_one_more(int size, int status)
      throws IOException {
    listen(Route.post("/x", "t", "x").bodyLimit(100));
    byte[] body = new byte[size];
    Arrays.fill(body, (byte) 'a');
    String text = new String(body, StandardCharsets.US_ASCII);

    assertThat(post("/x", "text/plain", text).statusCode()).isEqualTo(status);
    assertThat(
            send(to("/x")
                    .header("content-type", "text/plain")
                    .POST(
                        BodyPublishers.ofByteArrays(
                            List.of(Arrays.copyOf(body, size / 2), new byte[size - size / 2]))))
                .statusCode())
        .as("in chunks")
        .isEqualTo(status);
    String head =
        "POST /x HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nConnection: close\r\n";
    assertThat(
            raw(
                head
                    + "Expect: 100-continue\r\nContent-Length: "
                    + size
                    + "\r\n\r\n"
                    + (status == 200 ? text : "")))
        .as("asked before")
        .contains("HTTP/1.1 " + status);
  }

  @Test
  void a_client_that_goes_leaves_its_place_to_another() throws IOException {
    listen(Route.get("/slow", "t", "slow").inFlightLimit(1), Route.get("/other", "t", "x"));
    for (int i = 0; i < 3; i++) {
      try (Socket client = connect()) {
        write(client, "GET /slow HTTP/1.1\r\nHost: x\r\n\r\n");
        await().atMost(LONG).until(() -> gateway.inFlight() == 1);
        assertThat(get("/slow").statusCode()).isEqualTo(503);
      }
      await().atMost(LONG).until(() -> gateway.inFlight() == 0);
    }
    CompletableFuture<Integer> next =
        CompletableFuture.supplyAsync(() -> get("/slow").statusCode(), Thread::startVirtualThread);
    await().atMost(LONG).until(() -> gateway.inFlight() == 1);
    go.countDown();

    assertThat(next.join()).isEqualTo(200);
  }

  @Test
  void what_one_route_refuses_takes_no_place_of_another() throws IOException {
    gateway.inFlightLimit(2);
    listen(Route.get("/slow", "t", "slow").inFlightLimit(1), Route.post("/x", "t", "x"));
    try (Socket client = connect()) {
      write(client, "GET /slow HTTP/1.1\r\nHost: x\r\n\r\n");
      await().atMost(LONG).until(() -> gateway.inFlight() == 1);
      for (int i = 0; i < 5; i++) {
        assertThat(get("/slow").statusCode()).isEqualTo(503);
      }

      assertThat(post("/x", "text/plain", "a").statusCode()).isEqualTo(200);
    }
  }

  @Test
  void two_idempotency_keys_are_none() throws IOException {
    listen(Route.post("/x", "t", "x").keyRequired(true));

    String request =
        String.join(
            "\r\n",
            "POST /x HTTP/1.1",
            "Host: x",
            "Connection: close",
            "Content-Length: 0",
            "Idempotency-Key: a",
            "Idempotency-Key: b",
            "",
            "");
    assertThat(raw(request)).startsWith("HTTP/1.1 400").contains("Bad Idempotency-Key");
  }

  @Test
  void the_time_to_wait_is_said_in_seconds() {
    listen(Route.post("/x", "t", "x").rateLimit(new RateLimit(1, Duration.ofHours(1))));
    assertThat(post("/x", "text/plain", "a").statusCode()).isEqualTo(200);

    assertThat(post("/x", "text/plain", "a").headers().firstValue("retry-after"))
        .hasValueSatisfying(after -> assertThat(Integer.parseInt(after)).isBetween(3_500, 3_600));
  }

  @Test
  void the_rest_of_a_body_that_is_refused_is_not_wanted_over_http_2_either() {
    listenHttp2(Route.post("/x", "t", "x").bodyLimit(100));
    Vertx vertx = Vertx.vertx();
    try {
      HttpClient client = http2Client(vertx);
      CompletableFuture<Long> reset = new CompletableFuture<>();
      CompletableFuture<Integer> status = new CompletableFuture<>();
      client
          .request(HttpMethod.POST, gateway.port(), "127.0.0.1", "/x")
          .onSuccess(
              request -> {
                request.exceptionHandler(
                    failure -> {
                      if (failure instanceof StreamResetException refused) {
                        reset.complete(refused.getCode());
                      }
                    });
                request.response().onSuccess(response -> status.complete(response.statusCode()));
                request.putHeader("content-length", "1000000").putHeader("expect", "100-continue");
                request.writeHead();
                request.write(Buffer.buffer("a"));
              });

      assertThat(status.orTimeout(20, TimeUnit.SECONDS).join()).isEqualTo(413);
      assertThat(reset.orTimeout(20, TimeUnit.SECONDS).join()).isZero();
    } finally {
      vertx.close().await();
    }
  }

  @Test
  void who_cancels_more_than_was_answered_is_sent_away_and_nobody_else() {
    leat.worker("quick").on("x", Payload.class, (payload, request) -> "ok").start();
    gateway.clientLimits(ClientLimits.DEFAULT.cancelled(20));
    listenHttp2(Route.get("/quick", "quick", "x"), Route.get("/slow", "nobody", "x").timeout(LONG));
    try (Http2Client client = new Http2Client()) {
      CompletableFuture<?> gone = new CompletableFuture<>();
      for (int i = 0; i < 60; i++) {
        assertThat(client.get(gateway.port(), "/quick").status()).isEqualTo(200);
      }
      for (int i = 0; i < 70; i++) {
        cancel(client, gone);
      }
      assertThat(client.get(gateway.port(), "/quick").status()).isEqualTo(200);
      assertThat(gone).as("60 were answered, 70 cancelled").isNotDone();
      for (int i = 0; i < 15; i++) {
        cancel(client, gone);
      }
      assertThat(result(gone)).isNull();
    }
    assertThat(get("/quick").statusCode()).isEqualTo(200);
  }

  private void cancel(Http2Client client, CompletableFuture<?> gone) {
    HttpClientRequest request = client.begin(HttpMethod.GET, gateway.port(), "/slow");
    request.connection().closeHandler(closed -> gone.complete(null));
    var unusedEnd = request.end();
    await().atMost(LONG).until(() -> gateway.inFlight() > 0 || gone.isDone());
    var unusedReset = request.reset(8);
    await().atMost(LONG).until(() -> gateway.inFlight() == 0);
  }
}
