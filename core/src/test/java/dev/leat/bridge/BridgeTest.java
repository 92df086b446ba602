package dev.leat.bridge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.leat.BadConfiguration;
import dev.leat.DeadlineExceeded;
import dev.leat.HandlerFailed;
import dev.leat.Handling;
import dev.leat.Headers;
import dev.leat.Leat;
import dev.leat.Message;
import dev.leat.Payload;
import dev.leat.Position;
import dev.leat.Problem;
import dev.leat.Retry;
import dev.leat.StreamRef;
import dev.leat.Topic;
import dev.leat.Worker;
import dev.leat.broker.Append;
import dev.leat.broker.Entry;
import dev.leat.broker.GroupHealth;
import dev.leat.wire.DeadLetter;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class BridgeTest {
  private static final Duration LONG = Duration.ofSeconds(20);
  private static final Topic USERS = Topic.of("users");

  private final Leat from = Leat.connect("memory:");
  private final Leat to = Leat.connect("memory:");
  private final Queue<String> handled = new ConcurrentLinkedQueue<>();

  @AfterEach
  void close() {
    from.close();
    to.close();
  }

  private static Bridge.Plan plan(boolean isKept) {
    return new Bridge.Plan("", false, 100, isKept);
  }

  private Bridge bridge(Bridge.Plan plan) {
    return Bridge.open(from, to, USERS, plan);
  }

  private Worker worker(Leat leat) {
    return leat.worker("users")
        .on(
            "get",
            String.class,
            (id, request) -> {
              handled.add(request.message().id());
              return "user " + id;
            })
        .on(
            "fail",
            String.class,
            (id, request) -> {
              throw new IllegalStateException("no " + id);
            },
            Handling.retrying(Retry.times(1)))
        .start();
  }

  private static String ask(Leat leat, String type, String id) {
    return leat.caller().call("users", type, id, String.class, LONG);
  }

  private static List<String> ids(Leat leat, StreamRef stream) {
    return leat.broker().range(stream, Position.START, 1_000).toCompletableFuture().join().stream()
        .map(Entry::message)
        .map(message -> message.id())
        .toList();
  }

  private static long unfinished(Leat leat) {
    return leat.broker().health(USERS.incoming()).toCompletableFuture().join().groups().stream()
        .map(GroupHealth::unfinished)
        .mapToLong(all -> all.orElseThrow())
        .sum();
  }

  @Test
  void what_is_asked_here_is_answered_there_under_its_id() {
    worker(to);
    try (Bridge bridge = bridge(plan(false))) {
      assertThat(ask(from, "get", "1")).isEqualTo("user 1");

      assertThat(ids(to, USERS.incoming())).isEqualTo(ids(from, USERS.incoming()));
      await().atMost(LONG).until(() -> unfinished(from) == 0);
      await().atMost(LONG).until(() -> bridge.counts().answered() == 1);
    }
  }

  @Test
  void what_wants_no_answer_is_handed_on_and_completed() {
    worker(to);
    try (Bridge bridge = bridge(plan(false))) {
      String id = from.caller().send("users", "get", "1");

      await().atMost(LONG).until(() -> handled.contains(id));
      await().atMost(LONG).until(() -> unfinished(from) == 0);
      assertThat(bridge.counts().sent()).isEqualTo(1);
    }
  }

  @Test
  void a_failure_there_is_told_here() {
    worker(to);
    try (Bridge bridge = bridge(plan(false))) {
      assertThatThrownBy(() -> ask(from, "fail", "1")).isInstanceOf(HandlerFailed.class);

      assertThat(ids(to, USERS.deadLetters())).hasSize(1);
      assertThat(bridge.counts().givenUp()).isZero();
    }
  }

  @Test
  void more_than_it_hands_on_at_a_time_are_all_answered() {
    worker(to);
    try (Bridge bridge = Bridge.open(from, to, USERS, new Bridge.Plan("", false, 3, false))) {
      List<CompletionStage<String>> asked =
          IntStream.range(0, 500)
              .mapToObj(i -> from.caller().callAsync("users", "get", "" + i, String.class, LONG))
              .toList();

      asked.forEach(one -> assertThat(one.toCompletableFuture().join()).startsWith("user "));
      await().atMost(LONG).until(() -> bridge.counts().open() == 0);
      assertThat(handled).hasSize(500).doesNotHaveDuplicates();
    }
  }

  @Test
  void what_nobody_answers_in_time_is_over() {
    try (Bridge bridge = bridge(plan(false))) {
      assertThatThrownBy(
              () -> from.caller().call("users", "get", "1", String.class, Duration.ofMillis(100)))
          .isInstanceOf(DeadlineExceeded.class);

      await().atMost(LONG).until(() -> unfinished(from) == 0 && bridge.counts().open() == 0);
    }
  }

  @Test
  void what_is_open_when_it_ends_goes_back() throws InterruptedException {
    CountDownLatch isAsked = new CountDownLatch(1);
    CountDownLatch mayEnd = new CountDownLatch(1);
    to.worker("users")
        .on(
            "get",
            String.class,
            (id, request) -> {
              isAsked.countDown();
              return mayEnd.await(20, TimeUnit.SECONDS) ? "too late" : "never";
            })
        .start();
    Bridge bridge = bridge(plan(false));
    CompletionStage<String> answer =
        from.caller().callAsync("users", "get", "1", String.class, Duration.ofSeconds(60));
    assertThat(isAsked.await(20, TimeUnit.SECONDS)).isTrue();
    bridge.close();

    worker(from);

    assertThat(answer.toCompletableFuture().join()).isEqualTo("user 1");
    mayEnd.countDown();
  }

  private static void letter(Leat leat, String id) {
    Message given = new Message(id, "get", "", Headers.NONE, "test", Payload.EMPTY);
    DeadLetter letter =
        DeadLetter.of(given, Problem.of(500, "Handler failed", "no"), 1, Instant.EPOCH);
    var unused =
        leat.broker()
            .append(new Append(USERS.deadLetters(), letter.written()))
            .toCompletableFuture()
            .join();
  }

  @Test
  void dead_letters_are_copied_once_whoever_goes_on() {
    letter(from, "1");
    try (Bridge bridge = bridge(plan(false))) {
      await().atMost(LONG).until(() -> bridge.counts().letters() == 1);
      letter(from, "2");
      await().atMost(LONG).until(() -> bridge.counts().letters() == 2);
    }
    letter(from, "3");
    try (Bridge again = bridge(plan(false))) {
      await().atMost(LONG).until(() -> again.counts().letters() == 1);
    }

    assertThat(ids(to, USERS.deadLetters())).isEqualTo(ids(from, USERS.deadLetters()));
    letter(to, "4");
    try (Bridge back = Bridge.open(to, from, USERS, plan(false))) {
      await().atMost(LONG).until(() -> back.counts().letters() == 1);
    }
    assertThat(ids(from, USERS.deadLetters())).containsExactly("1", "2", "3", "4");
  }

  @Test
  void what_is_kept_is_copied_and_handed_to_nobody() {
    Worker first = worker(from);
    IntStream.range(0, 450).forEach(i -> ask(from, "get", "" + i));
    first.close();
    String open = from.caller().send("users", "get", "open");
    try (Bridge bridge = bridge(plan(true))) {
      assertThat(bridge.counts().kept()).isEqualTo(450);
      worker(to);

      await().atMost(LONG).until(() -> unfinished(from) == 0);
      await().atMost(LONG).until(() -> handled.stream().filter(open::equals).count() == 1);
      assertThat(ask(from, "get", "more")).isEqualTo("user more");
    }

    assertThat(handled).hasSize(452).doesNotHaveDuplicates();
    assertThat(ids(to, USERS.incoming())).hasSize(452);
  }

  @Test
  void what_came_over_one_bridge_does_not_go_back_over_another() {
    try (Bridge there = bridge(plan(false));
        Bridge back = Bridge.open(to, from, USERS, plan(false))) {
      CompletionStage<String> answer =
          from.caller().callAsync("users", "get", "1", String.class, LONG);
      await().atMost(LONG).until(() -> there.counts().sent() == 1);
      worker(to);

      assertThat(answer.toCompletableFuture().join()).isEqualTo("user 1");
      assertThat(back.counts().sent()).isZero();
      assertThat(handled).hasSize(1);
    }
  }

  @Test
  void one_broker_is_no_two() {
    assertThatThrownBy(() -> Bridge.open(from, from, USERS, plan(false)))
        .isInstanceOf(BadConfiguration.class)
        .hasMessageContaining("same broker");
  }

  @Test
  void a_reply_that_is_too_large_is_told_of_once() {
    try (Leat small = Leat.connect("memory:?bytes=300")) {
      to.worker("users").on("get", String.class, (id, request) -> id.repeat(400)).start();
      try (Bridge bridge = Bridge.open(small, to, USERS, plan(false))) {
        assertThatThrownBy(() -> ask(small, "get", "1"))
            .isInstanceOf(HandlerFailed.class)
            .hasMessageContaining("more than a stream takes");
        await().atMost(LONG).until(() -> bridge.counts().open() == 0);
      }
    }
  }

  @Test
  void what_is_kept_is_not_copied_where_workers_are() {
    worker(to);

    assertThatThrownBy(() -> bridge(plan(true)))
        .isInstanceOf(BadConfiguration.class)
        .hasMessageContaining("--kept");
  }

  @Test
  void a_group_that_is_not_there_is_refused() {
    worker(from);

    assertThatThrownBy(() -> bridge(new Bridge.Plan("others", false, 1, false)))
        .isInstanceOf(BadConfiguration.class)
        .hasMessageContaining("workers");
  }

  @Test
  void of_several_groups_one_is_to_be_chosen() {
    worker(from);
    from.worker("users").group("audit").on("get", String.class, (id, request) -> id).start();

    assertThatThrownBy(() -> bridge(plan(false)))
        .isInstanceOf(BadConfiguration.class)
        .hasMessageContaining("audit, workers");
  }
}
