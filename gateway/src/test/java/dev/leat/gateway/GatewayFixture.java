package dev.leat.gateway;

import dev.leat.Leat;
import dev.leat.Topic;
import dev.leat.Worker;
import dev.leat.broker.GroupHealth;
import dev.leat.broker.Membership;
import dev.leat.gateway.route.Route;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpVersion;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A gateway on a free port over the embedded broker, and clients for it. */
abstract class GatewayFixture {
  static final Duration LONG = Duration.ofSeconds(20);

  final Leat leat;
  final LeatGateway gateway;
  final HttpClient http = HttpClient.newHttpClient();

  GatewayFixture() {
    this("memory:?bytes=4000000");
  }

  GatewayFixture(String broker) {
    leat = Leat.connect(broker);
    gateway = LeatGateway.on(leat);
  }

  @AfterEach
  void close() {
    http.shutdownNow();
    gateway.close();
    leat.close();
  }

  void listen(Route... routes) {
    add(routes);
    gateway.listen("127.0.0.1", 0);
  }

  /** The same for clients that speak HTTP/2 from the first byte on. */
  void listenHttp2(Route... routes) {
    add(routes);
    gateway.listen(List.of(Listener.plain("127.0.0.1", 0).withHttp2()));
  }

  /** A client that speaks HTTP/2 from the first byte on. */
  static io.vertx.core.http.HttpClient http2Client(Vertx vertx) {
    return vertx.createHttpClient(
        new HttpClientOptions()
            .setProtocolVersion(HttpVersion.HTTP_2)
            .setHttp2ClearTextUpgrade(false));
  }

  /** Routes to topics that were read once, by workers that have gone since. */
  void add(Route... routes) {
    for (Route route : routes) {
      if (result(leat.broker().health(route.topic().incoming())).groups().isEmpty()) {
        leat.broker()
            .subscribe(Membership.of(route.topic(), Worker.DEFAULT_GROUP, "gone"), deliveries -> {})
            .close();
      }
      gateway.route(route);
    }
  }

  HttpRequest.Builder to(String path) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + gateway.port() + path))
        .version(HttpClient.Version.HTTP_1_1)
        .timeout(LONG);
  }

  HttpResponse<String> send(HttpRequest.Builder request) {
    try {
      return http.send(request.build(), BodyHandlers.ofString());
    } catch (IOException failure) {
      throw new AssertionError("no response", failure);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", interrupted);
    }
  }

  HttpResponse<String> get(String path) {
    return send(to(path));
  }

  HttpResponse<String> post(String path, String contentType, String body) {
    return send(
        to(path)
            .header("content-type", contentType)
            .POST(HttpRequest.BodyPublishers.ofString(body)));
  }

  /** Writes raw bytes on one connection, and reads until the server closes it. */
  String raw(String text) throws IOException {
    try (Socket socket = connect()) {
      write(socket, text);
      return readAll(socket);
    }
  }

  Socket connect() throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), gateway.port());
    socket.setSoTimeout((int) LONG.toMillis());
    return socket;
  }

  static void write(Socket socket, String text) throws IOException {
    OutputStream out = socket.getOutputStream();
    out.write(text.getBytes(StandardCharsets.UTF_8));
    out.flush();
  }

  static String readAll(Socket socket) throws IOException {
    InputStream in = socket.getInputStream();
    return new String(in.readAllBytes(), StandardCharsets.UTF_8);
  }

  static <T> T result(CompletionStage<T> stage) {
    return stage.toCompletableFuture().orTimeout(LONG.toSeconds(), TimeUnit.SECONDS).join();
  }

  static JsonNode json(HttpResponse<String> response) {
    return JsonMapper.shared().readTree(response.body());
  }

  GroupHealth workers(String topic) {
    return leat.broker()
        .health(Topic.of(topic).incoming())
        .toCompletableFuture()
        .join()
        .groups()
        .getFirst();
  }
}
