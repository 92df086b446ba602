package dev.leat.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.leat.Topic;
import dev.leat.Worker;
import dev.leat.gateway.route.ReplyMode;
import dev.leat.gateway.route.Route;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Requests for topics that no worker reads, has read, or reads just now. */
class TopicReadersTest extends GatewayFixture {
  @Test
  void a_topic_that_no_group_has_ever_read_is_503_at_once_and_nothing_is_left_in_it() {
    gateway.route(Route.get("/x", "usres", "x").timeout(Duration.ofMinutes(5)));
    gateway.listen("127.0.0.1", 0);

    HttpResponse<String> refused = get("/x");

    assertThat(refused.statusCode()).isEqualTo(503);
    assertThat(refused.headers().firstValue("retry-after")).isPresent();
    assertThat(json(refused).path("title").asString()).isEqualTo("No workers yet");
    assertThat(result(leat.broker().health(Topic.of("usres").incoming())).length()).hasValue(0);
  }

  @Test
  void many_requests_at_once_for_it_are_all_refused_until_a_worker_has_come() {
    gateway.route(Route.get("/x", "t", "x").timeout(Duration.ofMinutes(5)));
    gateway.listen("127.0.0.1", 0);
    List<CompletableFuture<Integer>> all =
        IntStream.range(0, 100)
            .mapToObj(
                i ->
                    http.sendAsync(to("/x").build(), HttpResponse.BodyHandlers.discarding())
                        .thenApply(HttpResponse::statusCode))
            .toList();
    assertThat(all).allSatisfy(one -> assertThat(result(one)).isEqualTo(503));

    worker();
    await().atMost(LONG).until(() -> get("/x").statusCode() == 200);
  }

  @Test
  void a_group_that_only_listens_answers_nobody() {
    leat.worker("t").group("audit").listening().on("x", String.class, (t, r) -> t).start();
    gateway.route(Route.get("/x", "t", "x").timeout(Duration.ofMinutes(5)));
    gateway.listen("127.0.0.1", 0);

    assertThat(get("/x").statusCode()).isEqualTo(503);
  }

  @Test
  void where_a_group_has_no_member_just_now_the_route_says_whether_to_wait() {
    Route waiting = Route.get("/waits", "t", "x").timeout(LONG);
    listen(
        waiting,
        Route.get("/refuses", "t", "x").timeout(Duration.ofSeconds(2)).waitsForWorkers(false));
    CompletableFuture<HttpResponse<String>> kept =
        http.sendAsync(to("/waits").build(), HttpResponse.BodyHandlers.ofString());
    await().atMost(LONG).until(() -> gateway.inFlight() == 1);

    HttpResponse<String> refused = get("/refuses");
    assertThat(refused.statusCode()).isEqualTo(503);
    assertThat(json(refused).path("title").asString()).isEqualTo("No worker");
    Worker worker = worker();
    assertThat(result(kept).statusCode()).isEqualTo(200);
    assertThat(get("/refuses").statusCode()).isEqualTo(200);
    worker.close();
    await().atMost(LONG).until(() -> get("/refuses").statusCode() == 503);
  }

  @Test
  void what_nobody_waits_for_may_be_sent_before_anybody_reads_it() {
    gateway.route(Route.post("/x", "t", "x").reply(ReplyMode.NONE));
    gateway.listen("127.0.0.1", 0);

    assertThat(post("/x", "application/json", "{}").statusCode()).isEqualTo(202);
  }

  private Worker worker() {
    return leat.worker("t").on("x", String.class, (text, request) -> "there").start();
  }
}
