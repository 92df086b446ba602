package dev.leat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.leat.wire.DeadLetter;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Calls and what they wait for; messages that want no reply. */
class CallerTest extends LeatFixture {
  // Deadlines

  @Test
  void a_call_that_nobody_answers_ends_at_its_deadline() {
    assertThatThrownBy(
            () -> caller.call("nobody", "x", "payload", String.class, Duration.ofMillis(50)))
        .isInstanceOf(DeadlineExceeded.class)
        .hasMessageContaining("nobody");
  }

  @Test
  void work_whose_deadline_has_passed_is_not_begun() {
    AtomicInteger begun = new AtomicInteger();
    assertThatThrownBy(
            () -> caller.call("late", "x", "payload", String.class, Duration.ofMillis(20)))
        .isInstanceOf(DeadlineExceeded.class);

    leat.worker("late").on("x", String.class, (text, request) -> begun.incrementAndGet()).start();

    await().atMost(LONG).until(() -> backlog("late") == 0 && pending("late") == 0);
    assertThat(begun).hasValue(0);
  }

  @Test
  void a_call_from_inside_a_handler_inherits_deadline_cause_and_trace() {
    CompletableFuture<Request> outer = new CompletableFuture<>();
    CompletableFuture<Request> inner = new CompletableFuture<>();
    leat.worker("users")
        .on(
            "user.get",
            GetUser.class,
            (get, request) -> {
              inner.complete(request);
              return new User(get.id(), "ada");
            })
        .start();
    leat.worker("posts")
        .on(
            "post.get",
            GetUser.class,
            (get, request) -> {
              outer.complete(request);
              return caller.call("users", "user.get", get, User.class, Duration.ofHours(1));
            })
        .start();

    Caller traced = caller.with(Headers.of("traceparent", "00-abc-def-01"));
    User author = traced.call("posts", "post.get", new GetUser("7"), User.class, LONG);

    assertThat(author.name()).isEqualTo("ada");
    assertThat(inner.join().deadline()).isEqualTo(outer.join().deadline()).isPresent();
    assertThat(inner.join().header("cause")).contains(outer.join().id());
    assertThat(inner.join().header("traceparent")).contains("00-abc-def-01");
    assertThat(Request.current()).isEmpty();
  }

  @Test
  void an_interrupted_call_is_cancelled_and_frees_its_entry() throws InterruptedException {
    CompletableFuture<Throwable> thrown = new CompletableFuture<>();
    Thread calling =
        Thread.ofVirtual()
            .start(
                () -> {
                  try {
                    caller.call("nobody", "x", "p", String.class, LONG);
                  } catch (LeatException failure) {
                    thrown.complete(failure);
                  }
                });
    await().atMost(LONG).until(() -> calling.getState() == Thread.State.WAITING);
    calling.interrupt();
    calling.join();

    assertThat(thrown.join()).isInstanceOf(Cancelled.class);
  }

  @Test
  void calls_that_still_wait_fail_when_the_connection_is_closed() {
    var call = caller.callAsync("nobody", "x", "p", String.class, LONG).toCompletableFuture();
    leat.close();

    assertThatThrownBy(call::join)
        .isInstanceOf(CompletionException.class)
        .hasCauseInstanceOf(Cancelled.class);
  }

  @Test
  void what_follows_a_call_does_not_run_on_the_loop_whether_it_succeeds_or_fails() {
    leat.worker("echo").on("x", String.class, (text, request) -> text).start();
    Thread answered =
        caller
            .callAsync("echo", "x", "p", String.class, LONG)
            .thenApply(text -> Thread.currentThread())
            .toCompletableFuture()
            .join();
    Thread failed =
        caller
            .callAsync("nobody", "x", "p", String.class, Duration.ofMillis(100))
            .handle((text, failure) -> Thread.currentThread())
            .toCompletableFuture()
            .join();

    assertThat(List.of(answered, failed)).noneMatch(thread -> thread.getName().equals("leat"));
  }

  @Test
  void a_call_that_cannot_be_begun_fails_rather_than_throws() {
    Map<String, Object> unwritable = new HashMap<>();
    unwritable.put("itself", unwritable);
    for (var call :
        List.of(
            caller.callAsync("", "x", "p", String.class, LONG),
            caller.callAsync("t", "x", unwritable, String.class, LONG))) {
      assertThatThrownBy(() -> call.toCompletableFuture().get(5, TimeUnit.SECONDS))
          .isInstanceOf(ExecutionException.class);
    }
  }

  @Test
  void a_call_without_an_end_is_answered_or_ends_with_its_caller() {
    leat.worker("echo").on("x", String.class, (text, request) -> text).start();
    for (Duration forEver :
        List.of(
            Durations.FOREVER,
            Duration.ofMillis(Long.MAX_VALUE),
            ChronoUnit.FOREVER.getDuration())) {
      assertThat(caller.call("echo", "x", "p", String.class, forEver)).isEqualTo("p");
      var lasting =
          caller.callAsync("nobody", "x", "p", String.class, forEver).toCompletableFuture();
      lasting.cancel(false);
      assertThat(lasting).isCancelled();
    }
    assertThatThrownBy(
            () ->
                caller.call("echo", "x", "p", String.class, Duration.ofMillis(Long.MIN_VALUE + 1)))
        .isInstanceOf(DeadlineExceeded.class);
  }

  @Test
  void calls_that_are_made_while_the_connection_closes_all_end() {
    for (int round = 0; round < 20; round++) {
      Leat closing = Leat.connect("memory:");
      AtomicBoolean over = new AtomicBoolean();
      Queue<CompletableFuture<String>> calls = new ConcurrentLinkedQueue<>();
      List<Thread> calling =
          IntStream.range(0, 4)
              .mapToObj(i -> Thread.startVirtualThread(() -> callOn(closing, over, calls)))
              .toList();
      await().atMost(LONG).until(() -> calls.size() > 100);
      closing.close();
      over.set(true);
      calling.forEach(CallerTest::join);

      await().atMost(LONG).until(() -> calls.stream().allMatch(CompletableFuture::isDone));
      assertThat(calls).allMatch(call -> call.exceptionNow() instanceof Cancelled);
    }
  }

  private static void callOn(
      Leat leat, AtomicBoolean over, Queue<CompletableFuture<String>> calls) {
    while (!over.get()) {
      calls.add(
          leat.caller().callAsync("nobody", "x", "p", String.class, LONG).toCompletableFuture());
      LockSupport.parkNanos(10_000);
    }
  }

  private static void join(Thread thread) {
    try {
      thread.join();
    } catch (InterruptedException interrupted) {
      throw new AssertionError(interrupted);
    }
  }

  // Sending

  @Test
  void a_sent_message_is_handled_and_nobody_is_answered() {
    List<String> handled = new CopyOnWriteArrayList<>();
    leat.worker("mail")
        .on(
            "mail.send",
            String.class,
            (text, request) -> {
              handled.add(request.id() + text);
              return null;
            })
        .start();

    String id = caller.send("mail", "mail.send", "hello");

    await().atMost(LONG).until(() -> handled.size() == 1);
    assertThat(handled).containsExactly(id + "hello");
    await().atMost(LONG).until(() -> pending("mail") == 0);
    assertThat(deadLetters("mail")).isEmpty();
  }

  @Test
  void a_sent_message_whose_handler_fails_is_kept_among_the_dead_letters() {
    leat.worker("mail")
        .on(
            "mail.send",
            String.class,
            (text, request) -> {
              throw new IllegalStateException("no");
            })
        .start();

    String id = caller.send("mail", "mail.send", "hello");

    await().atMost(LONG).until(() -> deadLetters("mail").size() == 1);
    Message letter = deadLetters("mail").getFirst();
    assertThat(letter.id()).isEqualTo(id);
    assertThat(DeadLetter.read(letter).cause()).isEqualTo("Handler failed");
  }

  @Test
  void a_topic_that_is_full_refuses_and_says_so() {
    try (Leat small = Leat.connect("memory:?entries=2")) {
      small.caller().send("t", "x", "1");
      small.caller().send("t", "x", "2");

      assertThatThrownBy(() -> small.caller().send("t", "x", "3"))
          .isInstanceOf(StreamFull.class)
          .hasMessageContaining("t::DEFAULT::CONSUMER_INCOMING is full");
      assertThatThrownBy(() -> small.caller().call("t", "x", "3", String.class, LONG))
          .isInstanceOf(StreamFull.class);
    }
  }

  @Test
  void a_caller_whose_connection_is_closed_says_so() {
    leat.close();

    assertThatThrownBy(() -> caller.call("t", "x", "p", String.class, LONG))
        .isInstanceOf(Cancelled.class)
        .hasMessage("the caller was closed");
    assertThatThrownBy(() -> caller.send("t", "x", "p")).isInstanceOf(Cancelled.class);
  }
}
