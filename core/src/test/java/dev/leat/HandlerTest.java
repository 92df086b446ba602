package dev.leat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.leat.broker.Append;
import dev.leat.broker.Lane;
import dev.leat.wire.StreamKeys;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** What a handler returns or throws, and what its caller gets. */
class HandlerTest extends LeatFixture {
  @Test
  void what_is_sent_with_a_reply_waits_for_room_and_the_handler_is_not_run_again() {
    AtomicInteger handled = new AtomicInteger();
    try (Leat small = Leat.connect("memory:?entries=2&history=0")) {
      small.caller().send("full", "x", "1");
      small.caller().send("full", "x", "2");
      small
          .worker("work")
          .on(
              "w",
              String.class,
              (text, request) -> {
                handled.incrementAndGet();
                return Reply.of("done")
                    .andSend("free", "x", "sent")
                    .andSend("full", "x", "sent too");
              })
          .start();
      CompletableFuture<String> answer =
          small.caller().callAsync("work", "w", "p", String.class, LONG).toCompletableFuture();
      await().atMost(LONG).until(() -> handled.get() == 1);
      assertThat(length(small, "free")).isZero();
      List<String> drained = new CopyOnWriteArrayList<>();
      small.worker("full").onOneWay("x", String.class, (text, r) -> drained.add(text)).start();

      assertThat(answer.join()).isEqualTo("done");
      assertThat(length(small, "free")).isEqualTo(1);
      await().atMost(LONG).until(() -> drained.size() == 3);
      assertThat(drained).containsExactlyInAnyOrder("1", "2", "sent too");
      assertThat(handled).hasValue(1);
    }
  }

  @Test
  void what_cannot_be_sent_for_want_of_room_is_a_dead_letter_that_says_so() {
    AtomicInteger handled = new AtomicInteger();
    try (Leat small = Leat.connect("memory:?entries=1")) {
      small.caller().send("full", "x", "1");
      small
          .worker("work")
          .lease(Duration.ofMillis(300))
          .on(
              "w",
              String.class,
              (text, request) -> {
                handled.incrementAndGet();
                return Reply.of("done").andSend("full", "x", "sent");
              })
          .start();

      assertThatThrownBy(() -> small.caller().call("work", "w", "p", String.class, LONG))
          .isInstanceOf(HandlerFailed.class)
          .hasMessageContaining("503 Stream full: stream full::DEFAULT::CONSUMER_INCOMING is full");
      assertThat(handled).hasValue(1);
    }
  }

  @Test
  void where_nothing_can_be_noted_for_a_while_it_is_waited_and_no_attempt_is_counted() {
    List<Integer> attempts = new CopyOnWriteArrayList<>();
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    Handling idempotent = Handling.DEFAULT.idempotent(Duration.ofMillis(1));
    try (Leat small = Leat.connect("memory:?entries=1")) {
      Worker first =
          small
              .worker("first")
              .on(
                  "x",
                  String.class,
                  (text, request) -> {
                    begun.countDown();
                    go.await();
                    return text;
                  },
                  idempotent)
              .start();
      Worker second =
          small
              .worker("second")
              .on(
                  "x",
                  String.class,
                  (text, request) -> {
                    attempts.add(request.attempt());
                    return text;
                  },
                  idempotent)
              .start();
      var one = small.caller().callAsync("first", "x", "1", String.class, LONG);
      await().atMost(LONG).until(() -> begun.getCount() == 0 && first.inFlight() == 1);
      var other = small.caller().callAsync("second", "x", "2", String.class, LONG);
      await().atMost(LONG).until(() -> second.inFlight() == 1);
      await()
          .during(Duration.ofMillis(1_500))
          .atMost(LONG)
          .until(() -> attempts.isEmpty() && second.inFlight() == 1);
      go.countDown();

      assertThat(one.toCompletableFuture().join()).isEqualTo("1");
      assertThat(other.toCompletableFuture().join()).isEqualTo("2");
      assertThat(attempts).containsExactly(1);
    }
  }

  private static long length(Leat leat, String topic) {
    return leat.broker()
        .health(Topic.of(topic).incoming())
        .toCompletableFuture()
        .join()
        .length()
        .orElseThrow();
  }

  // Payloads

  @Test
  void a_call_is_answered_by_the_handler_of_its_type() {
    leat.worker("users")
        .on("user.get", GetUser.class, (get, request) -> new User(get.id(), "ada"))
        .on("user.count", Map.class, (all, request) -> 7)
        .start();

    assertThat(caller.call("users", "user.get", new GetUser("7"), User.class, LONG))
        .isEqualTo(new User("7", "ada"));
    assertThat(caller.call("users", "user.count", Map.of(), Integer.class, LONG)).isEqualTo(7);
  }

  @Test
  void bytes_and_text_travel_as_they_are() {
    leat.worker("echo")
        .on("bytes", byte[].class, (bytes, request) -> bytes)
        .on("text", String.class, (text, request) -> text + "!")
        .on("any", Payload.class, (payload, request) -> payload)
        .start();

    byte[] bytes = {0, -1, 127, -128};
    assertThat(caller.call("echo", "bytes", bytes, byte[].class, LONG)).isEqualTo(bytes);
    assertThat(caller.call("echo", "text", "grüße", String.class, LONG)).isEqualTo("grüße!");
    assertThat(caller.call("echo", "any", Payload.EMPTY, Payload.class, LONG))
        .isEqualTo(Payload.EMPTY);
  }

  @Test
  void an_empty_payload_is_read_from_the_parameters_of_the_request() {
    leat.worker("users")
        .on("user.get", User.class, (user, request) -> user.id() + user.name())
        .start();

    Caller edge =
        caller.with(
            Headers.of(
                "http.query.id", "from query", "http.param.id", "7", "http.query.name", "ada"));
    assertThat(edge.call("users", "user.get", Payload.EMPTY, String.class, LONG)).isEqualTo("7ada");
  }

  @Test
  void a_reply_says_its_status_and_headers() {
    leat.worker("users")
        .on(
            "user.create",
            GetUser.class,
            (get, request) ->
                Reply.created("/users/7", new User("7", "ada"))
                    .withContentType("application/vnd.user+json"))
        .start();

    Message reply = caller.call("users", "user.create", new GetUser("7"), Message.class, LONG);
    assertThat(reply.headers().asMap())
        .containsEntry("status", "201")
        .containsEntry("http.header.location", "/users/7")
        .containsEntry("content-type", "application/vnd.user+json");
  }

  // Failures

  @Test
  void a_handler_that_throws_is_a_problem_for_its_caller_at_once_and_the_worker_lives() {
    leat.worker("users")
        .on(
            "user.get",
            GetUser.class,
            (get, request) -> {
              if (get.id().equals("bad")) {
                throw new java.io.IOException("password=s3cret");
              }
              return new User(get.id(), "ada");
            })
        .start();

    assertThatThrownBy(() -> getUser("bad"))
        .isInstanceOfSatisfying(
            HandlerFailed.class,
            failed -> {
              assertThat(failed.problem().status()).isEqualTo(500);
              assertThat(failed.problem().id()).isNotEmpty();
              assertThat(failed.remedy()).isEqualTo(Remedy.FIX_HANDLER);
            })
        .hasMessageNotContaining("s3cret");
    assertThat(getUser("7").name()).isEqualTo("ada");
  }

  @Test
  void even_an_error_in_a_handler_leaves_the_worker_alive() {
    leat.worker("users")
        .on(
            "user.get",
            GetUser.class,
            (get, request) -> {
              throw new StackOverflowError();
            })
        .start();

    assertThatThrownBy(() -> getUser("1")).isInstanceOf(HandlerFailed.class);
    assertThatThrownBy(() -> getUser("2")).isInstanceOf(HandlerFailed.class);
  }

  @Test
  void a_handler_that_returns_null_is_a_problem_for_its_caller() {
    leat.worker("users").on("user.get", GetUser.class, (get, request) -> null).start();

    assertThatThrownBy(() -> getUser("7"))
        .isInstanceOf(HandlerFailed.class)
        .hasMessageContaining("returned nothing");
  }

  @Test
  void a_handler_that_returns_what_cannot_be_written_is_a_problem_for_its_caller() {
    leat.worker("users")
        .on(
            "user.get",
            GetUser.class,
            (get, request) -> {
              List<Object> endless = new ArrayList<>();
              endless.add(endless);
              return endless;
            })
        .start();

    assertThatThrownBy(() -> getUser("7"))
        .isInstanceOf(HandlerFailed.class)
        .hasMessageContaining("cannot be written");
  }

  @Test
  @SuppressWarnings("NullAway") // Whoever compiles without it may do so.
  void what_a_handler_says_last_and_cannot_be_is_one_attempt_and_a_problem_at_once() {
    List<Supplier<Object>> impossible =
        List.of(
            () -> Reply.of(null),
            () -> Reply.of("done").andSend("a:b:c", "t", "x"),
            () -> Reply.of("done").andSend("other", null, "x"));
    AtomicInteger attempts = new AtomicInteger();
    leat.worker("last")
        .on(
            "t",
            Integer.class,
            (which, request) -> {
              attempts.incrementAndGet();
              return impossible.get(which).get();
            })
        .start();

    for (int i = 0; i < impossible.size(); i++) {
      int which = i;
      assertThatThrownBy(
              () -> leat.caller().call("last", "t", which, String.class, Duration.ofSeconds(2)))
          .isInstanceOf(HandlerFailed.class)
          .hasMessageStartingWith("500 ");
      assertThat(attempts.get()).isEqualTo(i + 1);
    }
  }

  @Test
  void a_request_that_wants_its_reply_among_the_requests_of_others_is_a_dead_letter() {
    AtomicInteger handled = new AtomicInteger();
    leat.worker("asked")
        .on("t", String.class, (text, request) -> handled.incrementAndGet())
        .start();
    String victim = StreamKeys.of(Topic.of("victim").incoming());
    Lane lane = leat.broker().openLane(leat.loop(), leat.nextLane(), replies -> {});
    Message request = new Message("id-1", "t", victim, Headers.NONE, "stranger", Payload.text("x"));
    lane.append(List.of(new Append(Topic.of("asked").incoming(), request)))
        .toCompletableFuture()
        .join();

    await().until(() -> deadLetters("asked").size() == 1);
    assertThat(length(leat, "victim")).isZero();
    assertThat(handled.get()).isZero();
  }

  @Test
  void a_reply_larger_than_a_stream_takes_is_a_problem_for_its_caller() {
    try (Leat small = Leat.connect("memory:?bytes=1000")) {
      small.worker("big").on("get", Payload.class, (p, request) -> new byte[1001]).start();

      assertThatThrownBy(() -> small.caller().call("big", "get", Payload.EMPTY, byte[].class, LONG))
          .isInstanceOf(HandlerFailed.class)
          .hasMessageContaining("a reply has 1000 bytes at most");
    }
  }

  @Test
  void a_problem_that_a_handler_returns_reaches_its_caller() {
    leat.worker("users")
        .on("user.get", GetUser.class, (g, r) -> Reply.problem(404, "Not Found", "no user 7"))
        .start();

    assertThatThrownBy(() -> getUser("7"))
        .isInstanceOfSatisfying(
            HandlerFailed.class, failed -> assertThat(failed.problem().status()).isEqualTo(404))
        .hasMessage("404 Not Found: no user 7");
  }

  @Test
  void a_payload_that_the_handler_cannot_take_is_the_senders_problem() {
    leat.worker("users").on("user.get", GetUser.class, (get, request) -> get).start();

    assertThatThrownBy(
            () -> caller.call("users", "user.get", Payload.json("[1]"), User.class, LONG))
        .isInstanceOfSatisfying(
            HandlerFailed.class,
            failed -> assertThat(failed.remedy()).isEqualTo(Remedy.FIX_REQUEST))
        .hasMessageContaining("the payload has to be an object");
    assertThatThrownBy(
            () -> caller.call("users", "user.get", Payload.json("null"), User.class, LONG))
        .hasMessageContaining("null");
  }

  @Test
  void a_type_without_a_handler_is_a_dead_letter_and_a_problem_for_its_caller() {
    leat.worker("users").on("user.get", GetUser.class, (get, request) -> get).start();

    assertThatThrownBy(() -> caller.call("users", "user.gte", "x", User.class, LONG))
        .isInstanceOf(HandlerFailed.class)
        .hasMessageContaining("no handler for type 'user.gte'");
    assertThat(deadLetters("users")).hasSize(1);
  }

  @Test
  void a_reply_that_its_caller_cannot_read_says_so() {
    leat.worker("users").on("user.get", GetUser.class, (get, request) -> "no json").start();

    assertThatThrownBy(() -> getUser("7")).isInstanceOf(BadReply.class);
  }
}
