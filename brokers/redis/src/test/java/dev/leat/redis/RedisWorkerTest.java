package dev.leat.redis;

import static dev.leat.testkit.Awaiting.until;
import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.Leat;
import dev.leat.Topic;
import dev.leat.Worker;
import dev.leat.WorkerEvent;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Members of a worker whose server, or whose stream, is not as it should be. */
class RedisWorkerTest {
  private static final Duration LONG = Duration.ofSeconds(20);
  private static final Topic TOPIC = Topic.of("echo");

  private final RedisServerProcess redis = RedisServerProcess.start(RedisServerProcess.CURRENT);
  private final List<WorkerEvent> events = new CopyOnWriteArrayList<>();

  @AfterEach
  void stop() {
    redis.close();
  }

  @Test
  void a_member_that_comes_back_under_its_name_goes_on_at_once_with_what_it_held() {
    try (Leat leat = Leat.connect(redis.url());
        RedisClient client = new RedisClient(redis.port())) {
      client.startGroup(TOPIC.incoming(), Worker.DEFAULT_GROUP);
      CompletableFuture<String> answer =
          leat.caller().callAsync("echo", "echo", "held", String.class, LONG).toCompletableFuture();
      until("it waits", () -> !client.entries(TOPIC.incoming()).isEmpty());
      client.takeOne(TOPIC.incoming(), Worker.DEFAULT_GROUP, "stable-1");

      echo(leat).lease(Duration.ofHours(1)).start();

      assertThat(answer.join()).isEqualTo("held 2");
    }
  }

  @Test
  void a_lost_server_and_its_return_are_told() {
    try (Leat leat = Leat.connect(redis.url())) {
      echo(leat).start();
      until("it reads", () -> events.contains(new WorkerEvent.Connected(TOPIC, "stable-1")));
      events.clear();

      redis.restart();

      until("it reads again", () -> events.size() == 2);
      assertThat(events)
          .containsExactly(
              new WorkerEvent.Lost(TOPIC, "stable-1"),
              new WorkerEvent.Connected(TOPIC, "stable-1"));
    }
  }

  @Test
  void a_member_that_cannot_go_on_is_started_again_until_it_can() {
    try (Leat leat = Leat.connect(redis.url());
        RedisClient client = new RedisClient(redis.port())) {
      client.send("SET", TOPIC.incoming(), "no stream");
      echo(leat).start();
      until("it has tried three times", () -> crashes().size() >= 3);
      assertThat(crashes().subList(0, 3))
          .containsExactly(Duration.ofMillis(100), Duration.ofMillis(200), Duration.ofMillis(400));

      client.send("DEL", TOPIC.incoming());

      assertThat(leat.caller().call("echo", "echo", "at last", String.class, LONG))
          .isEqualTo("at last 1");
    }
  }

  private Worker echo(Leat leat) {
    return leat.worker("echo")
        .named("stable")
        .onEvent(events::add)
        .on("echo", String.class, (text, request) -> text + " " + request.attempt());
  }

  private List<Duration> crashes() {
    return events.stream()
        .filter(WorkerEvent.Crashed.class::isInstance)
        .map(event -> ((WorkerEvent.Crashed) event).pause())
        .toList();
  }
}
