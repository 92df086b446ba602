package dev.leat.system;

import static dev.leat.testkit.Awaiting.until;
import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.Leat;
import dev.leat.Payload;
import dev.leat.cli.LeatCommand;
import dev.leat.redis.RedisServerProcess;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code leat gateway} as an operator runs it. */
class GatewayCommandTest {
  private static final String FILE =
      """
      broker: %s
      listen: 127.0.0.1:0
      routes:
        - {method: GET, path: /kept, topic: t, type: kept}
      """;

  @TempDir private Path folder;
  private final RedisServerProcess redis = RedisServerProcess.shared(RedisServerProcess.CURRENT);
  private final Leat leat = Leat.connect(redis.url());
  private final HttpClient http = HttpClient.newHttpClient();
  private Path file;
  private Child gateway;
  private String base;

  @BeforeEach
  void start() throws IOException {
    file = folder.resolve("leat.yaml");
    Files.writeString(file, FILE.formatted(redis.url()));
    leat.worker("t").on("kept", Payload.class, (payload, request) -> "kept").start();
    gateway = Child.start(LeatCommand.class, "gateway", file.toString());
    base = gateway.lineAfter("listening on ");
  }

  @AfterEach
  void stop() {
    gateway.close();
    http.shutdownNow();
    leat.close();
  }

  @Test
  void a_route_that_is_added_to_the_file_is_taken_on_sighup() throws IOException {
    assertThat(get("/added").join().statusCode()).isEqualTo(404);
    add("/added", "t");

    gateway.signal("HUP");

    until("it is taken", () -> get("/added").join().statusCode() == 200);
  }

  @Test
  void a_file_that_became_wrong_leaves_the_old_routes() throws IOException {
    add("/half", "t");
    Files.writeString(file, Files.readString(file) + "  - {method: GET}\n");
    gateway.signal("HUP");
    assertThat(get("/kept").join().body()).isEqualTo("kept");

    Files.writeString(file, FILE.formatted(redis.url()));
    add("/added", "t");
    gateway.signal("HUP");
    until("it is taken", () -> get("/added").join().statusCode() == 200);
    assertThat(get("/half").join().statusCode()).isEqualTo(404);
  }

  @Test
  void a_type_is_given_workers_of_its_own_by_the_file_alone() throws IOException {
    leat.worker("t::own").on("kept", Payload.class, (payload, request) -> "own workers").start();
    Files.writeString(file, Files.readString(file).replace("topic: t,", "topic: \"t::own\","));

    gateway.signal("HUP");

    until("it is moved", () -> get("/kept").join().body().equals("own workers"));
  }

  @Test
  void none_of_two_thousand_requests_fails_while_the_file_is_reloaded_ten_times()
      throws IOException {
    for (int round = 0; round < 10; round++) {
      List<CompletableFuture<HttpResponse<String>>> responses =
          IntStream.range(0, 200).mapToObj(i -> get("/kept")).toList();
      String added = "/round" + round;
      add(added, "t");
      gateway.signal("HUP");

      assertThat(responses.stream().map(CompletableFuture::join))
          .allMatch(response -> response.body().equals("kept"));
      until("it is reloaded", () -> get(added).join().statusCode() == 200);
    }
  }

  @Test
  void a_second_one_at_the_same_address_says_so_and_ends() throws IOException {
    String address = base.substring("http://".length());
    Files.writeString(file, FILE.formatted(redis.url()).replace("127.0.0.1:0", address));

    try (Child second = Child.start(LeatCommand.class, "gateway", file.toString())) {
      assertThat(second.exitCode()).isEqualTo(2);
    }
    assertThat(get("/kept").join().body()).isEqualTo("kept");
  }

  @Test
  void it_ends_in_order_when_told_to() {
    gateway.signal("TERM");

    assertThat(gateway.exitCode()).isEqualTo(143);
  }

  private void add(String path, String topic) throws IOException {
    Files.writeString(
        file,
        Files.readString(file)
            + "  - {method: GET, path: %s, topic: %s, type: kept}%n".formatted(path, topic));
  }

  private CompletableFuture<HttpResponse<String>> get(String path) {
    return http.sendAsync(
        HttpRequest.newBuilder(URI.create(base + path)).build(), BodyHandlers.ofString());
  }
}
