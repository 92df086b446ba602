package dev.leat.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.leat.Dialect;
import dev.leat.Payload;
import dev.leat.Unsupported;
import dev.leat.gateway.route.ReplyMode;
import dev.leat.gateway.route.Route;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Other routes while requests are under way. */
class GatewayReloadTest extends GatewayFixture {
  private final Route kept = Route.get("/kept", "t", "kept");

  @Test
  void new_routes_are_taken_and_old_ones_are_gone() {
    worker();
    listen(kept, Route.get("/old", "t", "kept"));
    assertThat(get("/new").statusCode()).isEqualTo(404);

    gateway.reload(List.of(kept, Route.get("/new", "t", "kept").reply(ReplyMode.SHARED)));

    assertThat(get("/new").body()).isEqualTo("kept");
    assertThat(get("/old").statusCode()).isEqualTo(404);
    assertThat(get("/kept").body()).isEqualTo("kept");
  }

  @Test
  void a_request_under_way_ends_as_it_began() {
    CountDownLatch reloaded = new CountDownLatch(1);
    leat.worker("t")
        .on(
            "slow",
            Payload.class,
            (payload, request) -> {
              reloaded.await();
              return "answered";
            })
        .start();
    listen(Route.get("/slow", "t", "slow"));
    CompletableFuture<HttpResponse<String>> response =
        http.sendAsync(to("/slow").build(), BodyHandlers.ofString());
    await().atMost(LONG).until(() -> gateway.inFlight() == 1);

    gateway.reload(List.of(kept));
    reloaded.countDown();

    assertThat(response.join().body()).isEqualTo("answered");
  }

  @Test
  void routes_that_cannot_be_taken_leave_the_old_ones() {
    worker();
    listen(kept);

    assertThatThrownBy(
            () -> gateway.reload(List.of(Route.get("/a", "t", "x"), Route.get("/a", "t", "y"))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("GET /a and /a take the same requests");
    assertThatThrownBy(() -> gateway.reload(List.of(kept.dialect(Dialect.NAMED))))
        .isInstanceOf(Unsupported.class);

    assertThat(get("/kept").body()).isEqualTo("kept");
  }

  @Test
  void two_thousand_requests_while_the_routes_are_reloaded_all_the_time_are_all_answered() {
    worker();
    gateway.eventLoops(2);
    listen(kept);
    List<CompletableFuture<HttpResponse<String>>> responses =
        IntStream.range(0, 2_000)
            .mapToObj(
                i -> {
                  if (i % 100 == 0) {
                    gateway.reload(List.of(kept, Route.get("/r" + i, "t", "kept")));
                  }
                  return http.sendAsync(to("/kept").build(), BodyHandlers.ofString());
                })
            .toList();

    assertThat(responses.stream().map(CompletableFuture::join))
        .allMatch(response -> response.body().equals("kept"));
  }

  private void worker() {
    leat.worker("t").on("kept", Payload.class, (payload, request) -> "kept").start();
  }
}
