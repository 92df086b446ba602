package dev.leat.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.leat.Payload;
import dev.leat.gateway.http.ClientLimits;
import dev.leat.gateway.route.Route;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Clients that open more connections than they use. */
class ConnectionLimitsTest extends GatewayFixture {
  private static final Duration SHORT = Duration.ofMillis(500);

  private static final String PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

  private final List<Socket> sockets = new ArrayList<>();

  @BeforeEach
  void startWorker() {
    leat.worker("t").on("x", Payload.class, (payload, request) -> "answer").start();
    add(Route.get("/x", "t", "x"));
    gateway.manageAt("127.0.0.1", 0);
  }

  @AfterEach
  void closeSockets() throws IOException {
    for (Socket socket : sockets) {
      socket.close();
    }
  }

  @Test
  void one_address_has_so_many_connections_and_all_together_so_many() throws IOException {
    gateway.clientLimits(ClientLimits.DEFAULT.connections(6, 4));
    gateway.listen("127.0.0.1", 0);
    List<Socket> first = open("127.0.0.1", 4);
    assertThat(isRefused(open("127.0.0.1", 1).getFirst())).isTrue();
    List<Socket> second = open("127.0.0.2", 2);
    assertThat(isRefused(open("127.0.0.3", 1).getFirst())).isTrue();

    for (Socket socket : List.of(first.getFirst(), second.getLast())) {
      write(socket, "GET /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
      assertThat(readAll(socket)).endsWith("answer");
    }
    await().until(() -> !isRefused(open("127.0.0.3", 1).getFirst()));
  }

  @Test
  void health_is_told_while_clients_may_not_connect_any_more() throws IOException {
    gateway.clientLimits(ClientLimits.DEFAULT.connections(2, 2));
    gateway.listen("127.0.0.1", 0);
    open("127.0.0.1", 2);
    assertThat(isRefused(open("127.0.0.1", 1).getFirst())).isTrue();

    assertThat(managed("/health/live")).contains("up");
    assertThat(managed("/metrics")).contains("leat_gateway_connections 2.0");
  }

  @Test
  void who_asks_after_health_again_and_again_may_do_so_on_one_connection() throws IOException {
    gateway.listen("127.0.0.1", 0);
    try (Socket probe = new Socket(InetAddress.getLoopbackAddress(), gateway.managementPort())) {
      probe.setSoTimeout((int) LONG.toMillis());
      await()
          .during(Duration.ofSeconds(6))
          .until(
              () -> {
                write(probe, "GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n");
                return probe.getInputStream().read(new byte[1_000]) > 0;
              });
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "P", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r", PREFACE, "GET /x HTTP/1.1\r\nHo"})
  void who_does_not_come_to_its_first_request_is_given_up_where_http_2_is_spoken(String said)
      throws IOException {
    gateway.clientLimits(new ClientLimits(SHORT, LONG, LONG, LONG, 8192, 200));
    gateway.listen(List.of(Listener.plain("127.0.0.1", 0).withHttp2()));
    Socket silent = open("127.0.0.1", 1).getFirst();
    write(silent, said);

    // To what HTTP/2 begins with the gateway says its own settings.
    assertThat(readAll(silent)).matches(answer -> said.equals(PREFACE) || answer.isEmpty());
  }

  @Test
  void where_connections_become_few_nobody_keeps_one_for_nothing() throws IOException {
    gateway.clientLimits(ClientLimits.DEFAULT.connections(4, 4));
    gateway.listen("127.0.0.1", 0);
    List<Socket> idle = open("127.0.0.1", 4);
    for (Socket socket : idle) {
      write(socket, "GET /x HTTP/1.1\r\nHost: ");
    }

    await().until(() -> !isRefused(open("127.0.0.1", 1).getFirst()));
  }

  private List<Socket> open(String from, int count) throws IOException {
    List<Socket> opened = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      Socket socket =
          new Socket(
              InetAddress.getLoopbackAddress(), gateway.port(), InetAddress.getByName(from), 0);
      socket.setSoTimeout((int) LONG.toMillis());
      opened.add(socket);
      sockets.add(socket);
    }
    return opened;
  }

  /** Whether it is closed without an answer to what is asked. */
  private static boolean isRefused(Socket socket) throws IOException {
    try {
      write(socket, "GET /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
      return readAll(socket).isEmpty();
    } catch (SocketException reset) {
      return true;
    }
  }

  private String managed(String path) {
    return send(HttpRequest.newBuilder(
            URI.create("http://127.0.0.1:" + gateway.managementPort() + path)))
        .body();
  }
}
