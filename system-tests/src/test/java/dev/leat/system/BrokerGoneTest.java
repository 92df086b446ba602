package dev.leat.system;

import static dev.leat.testkit.Awaiting.until;
import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.Leat;
import dev.leat.Payload;
import dev.leat.gateway.LeatGateway;
import dev.leat.gateway.route.Route;
import dev.leat.redis.RedisServerProcess;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A gateway whose broker goes away and comes back. */
class BrokerGoneTest {
  private final RedisServerProcess redis = RedisServerProcess.start(RedisServerProcess.CURRENT);
  private final Leat leat = Leat.connect(redis.url());
  private final HttpClient http = HttpClient.newHttpClient();
  private final LeatGateway gateway =
      LeatGateway.on(leat)
          .route(Route.get("/x", "t", "x").timeout(Duration.ofSeconds(2)))
          .manageAt("127.0.0.1", 0)
          .listen("127.0.0.1", 0);

  @AfterEach
  void stop() {
    http.shutdownNow();
    gateway.close();
    leat.close();
    redis.close();
  }

  @Test
  void requests_are_503_with_a_time_to_try_again_until_it_is_back() {
    leat.worker("t").on("x", Payload.class, (payload, request) -> "answer").start();
    assertThat(get(gateway.port(), "/x").body()).isEqualTo("answer");

    redis.close();

    until("it is noticed", () -> get(gateway.port(), "/x").statusCode() == 503);
    HttpResponse<String> refused = get(gateway.port(), "/x");
    assertThat(refused.headers().firstValue("retry-after")).contains("1");
    assertThat(refused.body()).contains("Broker unavailable");
    assertThat(get(gateway.managementPort(), "/health/ready").statusCode()).isEqualTo(503);
    assertThat(get(gateway.managementPort(), "/health/live").statusCode()).isEqualTo(200);

    redis.restart();

    until("it is back", () -> get(gateway.port(), "/x").statusCode() == 200);
    until("ready", () -> get(gateway.managementPort(), "/health/ready").statusCode() == 200);
  }

  private HttpResponse<String> get(int port, String path) {
    return http.sendAsync(
            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path)).build(),
            BodyHandlers.ofString())
        .join();
  }
}
