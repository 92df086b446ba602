package dev.leat.gateway;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.leat.Payload;
import dev.leat.gateway.http.ClientLimits;
import dev.leat.gateway.route.Route;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpRequest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Clients that fill the gateway's memory, with what they send or with what they never read. */
class BufferLimitTest extends GatewayFixture {
  private static final Duration SHORT = Duration.ofSeconds(2);
  private static final int LIMIT = 32 << 20;
  private static final int LARGE = 6_000_000;
  private static final int CLIENTS = 20;
  private static final Pattern BUFFERED = Pattern.compile("leat_gateway_buffered_bytes ([0-9.E]+)");

  private static final Pattern CONNECTIONS = Pattern.compile("leat_gateway_connections ([0-9.E]+)");

  private final List<Socket> sockets = new ArrayList<>();
  private final AtomicInteger handled = new AtomicInteger();

  BufferLimitTest() {
    super("memory:?bytes=400000000");
  }

  @BeforeEach
  void startWorker() {
    byte[] large = new byte[LARGE];
    leat.worker("t")
        .on(
            "large",
            Payload.class,
            (payload, request) -> {
              handled.incrementAndGet();
              return large;
            })
        .on("x", Payload.class, (payload, request) -> "answer")
        .start();
    gateway
        .bufferLimit(LIMIT)
        .clientLimits(new ClientLimits(LONG, LONG, SHORT, SHORT, 8192, 200))
        .manageAt("127.0.0.1", 0);
  }

  @AfterEach
  void closeSockets() throws IOException {
    for (Socket socket : sockets) {
      socket.close();
    }
  }

  @Test
  void who_never_reads_is_given_up_and_nobody_else_waits_for_it() throws IOException {
    listen(Route.get("/large", "t", "large"), Route.get("/x", "t", "x"));
    for (int i = 0; i < CLIENTS; i++) {
      write(deaf(), "GET /large HTTP/1.1\r\nHost: x\r\n\r\n");
    }

    await().until(() -> handled.get() == CLIENTS);
    assertThat(get("/x").body()).isEqualTo("answer");
    assertThat(buffered()).isLessThanOrEqualTo(LIMIT);
    // They are all still there, and read nothing.
    await().until(() -> buffered() == 0);
    assertThat(sockets).noneMatch(Socket::isClosed);
    await().until(() -> connections() < CLIENTS);
    assertThat(metrics()).containsPattern("leat_gateway_requests_seconds_count.*status=\"503\"");
    assertThat(get("/large").body()).hasSize(LARGE);
  }

  @Test
  void who_never_reads_over_http_2_is_given_up_too() {
    listenHttp2(Route.get("/large", "t", "large"), Route.get("/x", "t", "x"));
    Vertx vertx = Vertx.vertx();
    try {
      HttpClient client = http2Client(vertx);
      AtomicInteger refused = new AtomicInteger();
      AtomicInteger begun = new AtomicInteger();
      AtomicInteger givenUp = new AtomicInteger();
      for (int i = 0; i < CLIENTS; i++) {
        client
            .request(HttpMethod.GET, gateway.port(), "127.0.0.1", "/large")
            .compose(request -> request.send().onSuccess(HttpClientResponse::pause))
            .onSuccess(
                response -> {
                  response.exceptionHandler(reset -> givenUp.incrementAndGet());
                  (response.statusCode() == 200 ? begun : refused).incrementAndGet();
                });
      }

      await().until(() -> begun.get() + refused.get() == CLIENTS);
      assertThat(begun.get()).isPositive();
      assertThat(refused.get()).isPositive();
      assertThat(get("/x").body()).isEqualTo("answer");
      await().until(() -> buffered() == 0);
      // What they have not read leaves no room on their connection for those that were refused.
      assertThat(givenUp.get()).isEqualTo(CLIENTS);
    } finally {
      vertx.close().toCompletionStage().toCompletableFuture().join();
    }
  }

  @Test
  void what_is_asked_before_the_answer_before_was_taken_is_not_begun() throws IOException {
    listen(Route.get("/large", "t", "large"));
    Socket client = deaf();
    write(client, "GET /large HTTP/1.1\r\nHost: x\r\n\r\n".repeat(10));

    await().until(() -> handled.get() > 0);
    assertThat(get("/large").body()).hasSize(LARGE);
    assertThat(handled.get()).isLessThan(10);
    write(client, "GET /large HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    String all = new String(client.getInputStream().readAllBytes(), US_ASCII);
    assertThat(Pattern.compile("HTTP/1.1 200 OK").matcher(all).results()).hasSize(11);
    assertThat(handled.get()).isEqualTo(12);
  }

  @Test
  void many_that_are_asked_together_are_all_answered() throws IOException {
    listen(Route.get("/x", "t", "x"));
    String unknown = "GET /unknown HTTP/1.1\r\nHost: x\r\n\r\n";
    Socket client = deaf();
    Thread writing =
        Thread.startVirtualThread(
            () -> {
              try {
                write(client, unknown.repeat(20_000));
                write(client, "GET /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
              } catch (IOException refused) {
                throw new IllegalStateException(refused);
              }
            });

    String all = new String(client.getInputStream().readAllBytes(), US_ASCII);
    assertThat(Pattern.compile("HTTP/1.1 404").matcher(all).results()).hasSize(20_000);
    assertThat(all).endsWith("answer");
    assertThat(writing.isAlive()).isFalse();
  }

  @Test
  void what_is_asked_together_is_answered_where_answers_are_compressed_too() throws IOException {
    gateway.compression(true);
    listen(Route.get("/x", "t", "x"));
    Socket client = deaf();
    write(
        client,
        "GET /unknown HTTP/1.1\r\nHost: x\r\n\r\n".repeat(500)
            + "GET /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");

    String all = new String(client.getInputStream().readAllBytes(), US_ASCII);
    assertThat(Pattern.compile("HTTP/1.1 404").matcher(all).results()).hasSize(500);
    assertThat(all).endsWith("answer");
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void bodies_that_never_end_are_given_up_and_nobody_else_waits_for_them(boolean chunked)
      throws IOException {
    listen(Route.post("/x", "t", "x").bodyLimit(LIMIT));
    String length =
        chunked
            ? "Transfer-Encoding: chunked\r\n\r\n400000\r\n"
            : "Content-Length: 4194304\r\n\r\n";
    for (int i = 0; i < CLIENTS; i++) {
      Socket client = deaf();
      Thread.startVirtualThread(
          () -> {
            try {
              write(client, "POST /x HTTP/1.1\r\nHost: x\r\n" + length + "x".repeat(4_194_303));
            } catch (IOException refused) {
              // As is right, for some of them.
            }
          });
    }

    await().until(() -> metrics().contains("status=\"503\""));
    for (int i = 0; i < 20; i++) {
      assertThat(post("/x", "text/plain", "small").body()).isEqualTo("answer");
      assertThat(buffered()).isLessThanOrEqualTo(LIMIT);
    }
    await().until(() -> buffered() == 0);
    assertThat(post("/x", "text/plain", "y".repeat(4_000_000)).body()).isEqualTo("answer");
  }

  /** A client with hardly any room for what it does not read. */
  private Socket deaf() throws IOException {
    Socket socket = new Socket();
    socket.setReceiveBufferSize(4_096);
    socket.setSoTimeout((int) LONG.toMillis());
    socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), gateway.port()));
    sockets.add(socket);
    return socket;
  }

  private long buffered() {
    return metric(BUFFERED);
  }

  private long connections() {
    return metric(CONNECTIONS);
  }

  private long metric(Pattern pattern) {
    Matcher found = pattern.matcher(metrics());
    assertThat(found.find()).isTrue();
    return (long) Double.parseDouble(found.group(1));
  }

  private String metrics() {
    return send(HttpRequest.newBuilder(
            URI.create("http://127.0.0.1:" + gateway.managementPort() + "/metrics")))
        .body();
  }
}
