package dev.leat.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.Payload;
import dev.leat.gateway.http.ClientLimits;
import dev.leat.gateway.route.Route;
import java.io.IOException;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Clients that are slow, silent, or say too much. */
class SlowClientsTest extends GatewayFixture {
  private static final Duration SHORT = Duration.ofMillis(500);
  private static final Duration NEVER = Duration.ofHours(1);

  @BeforeEach
  void startWorker() {
    leat.worker("t").on("x", Payload.class, (payload, request) -> "answer").start();
  }

  @Test
  void a_connection_that_never_comes_to_its_first_question_is_closed() throws IOException {
    gateway.clientLimits(new ClientLimits(SHORT, NEVER, NEVER, NEVER, 8192, 200));
    gateway.listen(List.of(Listener.plain("127.0.0.1", 0)));
    try (Socket silent = connect();
        Socket trickling = connect()) {
      write(trickling, "GET /x HTTP/1.1\r\nHost: ");

      assertThat(readAll(silent)).isEmpty();
      assertThat(readAll(trickling)).isEmpty();
    }
  }

  @Test
  void a_connection_that_asks_no_more_is_closed() throws IOException {
    listen(new ClientLimits(NEVER, SHORT, NEVER, NEVER, 8192, 200));
    try (Socket idle = connect()) {
      write(idle, "GET /x HTTP/1.1\r\nHost: x\r\n\r\n");

      assertThat(readAll(idle)).startsWith("HTTP/1.1 200").endsWith("answer");
    }
  }

  @Test
  void a_body_that_does_not_come_is_408() throws IOException {
    listen(new ClientLimits(NEVER, NEVER, SHORT, NEVER, 8192, 200));
    try (Socket slow = connect()) {
      write(slow, "POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n12345");

      assertThat(readAll(slow)).startsWith("HTTP/1.1 408").contains("Request too slow");
    }
  }

  @Test
  void a_request_that_waits_for_its_reply_is_not_idle() throws IOException {
    listen(new ClientLimits(SHORT, SHORT, SHORT, NEVER, 8192, 200));
    try (Socket patient = connect()) {
      write(patient, "GET /late HTTP/1.1\r\nHost: x\r\n\r\n");

      assertThat(readAll(patient)).startsWith("HTTP/1.1 504");
    }
  }

  @Test
  void headers_beyond_the_limit_are_431() throws IOException {
    listen(new ClientLimits(NEVER, NEVER, NEVER, NEVER, 1_000, 200));

    assertThat(raw("GET /x HTTP/1.1\r\nHost: x\r\nX-Long: " + "y".repeat(2_000) + "\r\n\r\n"))
        .startsWith("HTTP/1.1 431")
        .contains("Headers too large");
    assertThat(raw("GET /" + "y".repeat(5_000) + " HTTP/1.1\r\nHost: x\r\n\r\n"))
        .contains(" 414 ")
        .contains("URI too long");
  }

  @Test
  void a_hundred_connections_that_trickle_do_not_disturb_the_others() throws IOException {
    listen(ClientLimits.DEFAULT);
    List<Socket> trickling = new ArrayList<>();
    try {
      for (int i = 0; i < 100; i++) {
        Socket socket = connect();
        trickling.add(socket);
        write(
            socket,
            "POST /x HTTP/1.1\r\nHost: x\r\n"
                + (i % 2 == 0 ? "X-A" : "Content-Length: 9\r\n\r\n1"));
      }
      for (int i = 0; i < 100; i++) {
        assertThat(get("/x").body()).isEqualTo("answer");
        write(trickling.get(i), "1");
      }
    } finally {
      for (Socket socket : trickling) {
        socket.close();
      }
    }
  }

  private void listen(ClientLimits limits) {
    gateway.clientLimits(limits);
    listen(
        Route.get("/x", "t", "x"),
        Route.post("/x", "t", "x"),
        Route.get("/late", "nobody", "x").timeout(Duration.ofSeconds(2)));
  }
}
