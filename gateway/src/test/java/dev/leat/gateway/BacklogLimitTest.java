package dev.leat.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.leat.Message;
import dev.leat.Topic;
import dev.leat.gateway.route.ReplyMode;
import dev.leat.gateway.route.Route;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Requests that nobody waits for, and no worker takes. */
class BacklogLimitTest extends GatewayFixture {
  private static final int LIMIT = 100_000;

  @Test
  void no_more_wait_than_may_and_once_workers_have_taken_them_others_are_let_in() throws Exception {
    listen(
        Route.post("/note", "notes", "note").reply(ReplyMode.NONE).backlogLimit(LIMIT),
        Route.post("/other", "others", "note").reply(ReplyMode.NONE));
    Map<Integer, Integer> answers = new TreeMap<>();
    for (int i = 0; i < 200; i++) {
      answers.merge(post("/note", 10_000).statusCode(), 1, Integer::sum);
    }
    assertThat(answers).containsOnlyKeys(202, 503);
    assertThat(answers.get(202)).isBetween(9, 11);
    HttpResponse<String> refused = post("/note", 1);
    assertThat(refused.headers().firstValue("retry-after")).contains("1");
    assertThat(post("/other", 10_000).statusCode()).as("another topic").isEqualTo(202);
    assertThat(
            leat.broker()
                .health(Topic.of("notes").incoming())
                .toCompletableFuture()
                .join()
                .length())
        .hasValue(answers.getOrDefault(202, 0));

    leat.worker("notes").onOneWay("note", Message.class, (note, request) -> {}).start();
    await("there is room again").until(() -> post("/note", 10_000).statusCode() == 202);
    for (int i = 0; i < 40; i++) {
      await("it is let in").until(() -> post("/note", 10_000).statusCode() == 202);
    }
  }

  private HttpResponse<String> post(String path, int bytes) throws Exception {
    return http.send(
        to(path).POST(BodyPublishers.ofByteArray(new byte[bytes])).build(),
        HttpResponse.BodyHandlers.ofString());
  }
}
