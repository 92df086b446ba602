package dev.leat.system;

import static dev.leat.testkit.Awaiting.result;
import static dev.leat.testkit.Awaiting.until;
import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.Leat;
import dev.leat.Topic;
import dev.leat.broker.GroupHealth;
import dev.leat.redis.RedisClient;
import dev.leat.redis.RedisServerProcess;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A gateway that dies while requests are under way. */
class KilledGatewayTest {
  private static final int REQUESTS = 40;

  private final RedisServerProcess redis = RedisServerProcess.start(RedisServerProcess.CURRENT);
  private final HttpClient http = HttpClient.newHttpClient();
  private final Child doomed = Child.start(EdgeProgram.class, redis.url());
  private final Child other = Child.start(EdgeProgram.class, redis.url());
  private final Child worker = Child.start(SlowWorker.class, redis.url());

  @AfterEach
  void stop() {
    http.shutdownNow();
    worker.close();
    other.close();
    doomed.close();
    redis.close();
  }

  @Test
  void its_requests_are_completed_and_another_gateway_is_not_disturbed() {
    String doomedPort = doomed.line();
    String otherPort = other.line();
    assertThat(worker.line()).isEqualTo("ready");
    try (Leat leat = Leat.connect(redis.url());
        RedisClient client = new RedisClient(redis.port())) {
      List<CompletableFuture<HttpResponse<String>>> lost = postAll(doomedPort);
      List<CompletableFuture<HttpResponse<String>>> kept = postAll(otherPort);
      until("all are accepted", () -> length(leat) == 2 * REQUESTS);

      doomed.close();

      assertThat(kept.stream().map(CompletableFuture::join))
          .extracting(HttpResponse::body)
          .isEqualTo(IntStream.range(0, REQUESTS).mapToObj(i -> i + " 1").toList());
      assertThat(lost)
          .as("some had no answer yet")
          .anyMatch(f -> f.handle((r, e) -> e != null).join());
      until("nothing is left to do", () -> isDone(leat));
      assertThat(client.keys("*DEAD_LETTERS")).isEmpty();
    }
  }

  private List<CompletableFuture<HttpResponse<String>>> postAll(String port) {
    URI uri = URI.create("http://127.0.0.1:" + port + "/work");
    return IntStream.range(0, REQUESTS)
        .mapToObj(i -> HttpRequest.newBuilder(uri).POST(BodyPublishers.ofString("" + i)))
        .map(request -> request.header("content-type", "text/plain").build())
        .map(request -> http.sendAsync(request, BodyHandlers.ofString()))
        .toList();
  }

  private static long length(Leat leat) {
    return result(leat.broker().health(Topic.of(SlowWorker.TOPIC).incoming()))
        .length()
        .orElseThrow();
  }

  private static boolean isDone(Leat leat) {
    GroupHealth group =
        result(leat.broker().health(Topic.of(SlowWorker.TOPIC).incoming())).groups().getFirst();
    return group.unfinished().orElseThrow() == 0;
  }
}
