package dev.leat.redis;

import static dev.leat.testkit.Awaiting.until;
import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.Leat;
import dev.leat.Topic;
import dev.leat.Worker;
import dev.leat.WorkerEvent;
import dev.leat.wire.StreamKeys;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
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
      client.startGroup(StreamKeys.of(TOPIC.incoming()), Worker.DEFAULT_GROUP);
      CompletableFuture<String> answer =
          leat.caller().callAsync("echo", "echo", "held", String.class, LONG).toCompletableFuture();
      until("it waits", () -> !client.entries(StreamKeys.of(TOPIC.incoming())).isEmpty());
      client.takeOne(StreamKeys.of(TOPIC.incoming()), Worker.DEFAULT_GROUP, "stable-1");

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
      client.send("SET", StreamKeys.of(TOPIC.incoming()), "no stream");
      echo(leat).start();
      until("it has tried three times", () -> crashes().size() >= 3);
      assertThat(crashes().subList(0, 3))
          .containsExactly(Duration.ofMillis(100), Duration.ofMillis(200), Duration.ofMillis(400));

      client.send("DEL", StreamKeys.of(TOPIC.incoming()));

      assertThat(leat.caller().call("echo", "echo", "at last", String.class, LONG))
          .isEqualTo("at last 1");
    }
  }

  @Test
  void programs_that_are_replaced_under_load_fail_no_call_and_leave_nothing_behind() {
    AtomicInteger handled = new AtomicInteger();
    AtomicInteger answered = new AtomicInteger();
    AtomicBoolean over = new AtomicBoolean();
    Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
    try (Leat calling = Leat.connect(redis.url());
        RedisClient client = new RedisClient(redis.port())) {
      Leat working = counting(handled);
      List<Thread> callers =
          IntStream.range(0, 64)
              .mapToObj(
                  i -> Thread.startVirtualThread(() -> call(calling, over, answered, failures)))
              .toList();
      for (int round = 1; round <= 10; round++) {
        int enough = answered.get() + 200;
        until("it is at work", () -> answered.get() >= enough);
        Leat next = counting(handled);
        working.close();
        working = next;
      }
      over.set(true);
      callers.forEach(RedisWorkerTest::join);

      assertThat(failures).isEmpty();
      until("nothing is pending", () -> pending(client) == 0);
      assertThat(handled).as("each once").hasValue(answered.get());
      working.close();
      assertThat(
              client
                  .send("XINFO", "CONSUMERS", StreamKeys.of(TOPIC.incoming()), Worker.DEFAULT_GROUP)
                  .items())
          .as("members that have gone")
          .isEmpty();
    }
  }

  private Leat counting(AtomicInteger handled) {
    Leat leat = Leat.connect(redis.url());
    leat.worker("echo")
        .on(
            "echo",
            String.class,
            (text, request) -> {
              handled.incrementAndGet();
              return text;
            })
        .start();
    return leat;
  }

  private static void call(
      Leat leat, AtomicBoolean over, AtomicInteger answered, Queue<Throwable> failures) {
    while (!over.get() && failures.isEmpty()) {
      try {
        leat.caller().call("echo", "echo", "x", String.class, LONG);
        answered.incrementAndGet();
      } catch (RuntimeException failure) {
        failures.add(failure);
      }
    }
  }

  private static void join(Thread thread) {
    try {
      thread.join();
    } catch (InterruptedException interrupted) {
      throw new AssertionError(interrupted);
    }
  }

  private static long pending(RedisClient client) {
    return client
        .send("XPENDING", StreamKeys.of(TOPIC.incoming()), Worker.DEFAULT_GROUP)
        .items()
        .getFirst()
        .number();
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
