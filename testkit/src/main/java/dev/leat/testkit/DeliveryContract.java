package dev.leat.testkit;

import static dev.leat.testkit.Awaiting.result;
import static dev.leat.testkit.Awaiting.until;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.leat.Handler;
import dev.leat.HandlerFailed;
import dev.leat.Handling;
import dev.leat.Payload;
import dev.leat.Worker;
import dev.leat.broker.Capability;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * What workers and callers promise on every broker: each accepted request reaches exactly one end.
 * The reliability page is the list of these names.
 */
public abstract class DeliveryContract extends IdempotencyContract {
  /** For subclasses. */
  protected DeliveryContract() {}

  // Handlers that misbehave

  @Test
  void an_attempt_that_takes_too_long_is_interrupted_and_tried_again() {
    working(
        Handling.retrying(QUICK).withTimeout(Duration.ofMillis(100)),
        (text, request) -> {
          if (request.attempt() == 1) {
            new CountDownLatch(1).await();
          }
          return text + " at attempt " + request.attempt();
        });

    assertThat(call("x")).isEqualTo("x at attempt 2");
  }

  @Test
  void a_handler_that_loops_for_ever_is_a_problem_for_its_caller_and_the_worker_lives() {
    AtomicBoolean over = new AtomicBoolean();
    Worker worker =
        working(
            Handling.DEFAULT.withTimeout(Duration.ofMillis(100)),
            (text, request) -> {
              while (text.equals("loop") && !over.get()) {
                Thread.onSpinWait();
              }
              return text;
            });
    try {
      assertThatThrownBy(() -> call("loop"))
          .isInstanceOf(HandlerFailed.class)
          .hasMessageContaining("timed out");
      assertThat(call("other")).isEqualTo("other");
      assertThat(deadLetters()).hasSize(1);
      until("nothing is pending", this::isIdle);
    } finally {
      over.set(true);
    }
    until("the handler has come to its end", () -> worker.inFlight() == 0);
    assertThat(worker.counts().replied()).isEqualTo(1);
    assertThat(worker.counts().deadLettered()).isEqualTo(1);
  }

  @Test
  void a_handler_that_throws_an_error_is_a_problem_for_its_caller_and_the_worker_lives() {
    working(
        Handling.DEFAULT,
        (text, request) -> {
          if (text.equals("bad")) {
            throw new StackOverflowError();
          }
          return text;
        });

    assertThatThrownBy(() -> call("bad")).isInstanceOf(HandlerFailed.class);
    assertThat(call("good")).isEqualTo("good");
  }

  @Test
  void a_reply_of_100_megabytes_is_a_problem_for_its_caller_and_the_worker_lives() {
    working(Handling.DEFAULT, (text, request) -> text.equals("big") ? new byte[100 << 20] : text);

    assertThatThrownBy(() -> call("big"))
        .isInstanceOf(HandlerFailed.class)
        .hasMessageContaining("bytes");
    assertThat(call("small")).isEqualTo("small");
  }

  @Test
  void a_reply_that_the_broker_does_not_take_is_a_problem_for_its_caller_at_once() {
    long most = Math.min(16 << 20, leat.broker().limits().largestMessage());
    working(
        Handling.DEFAULT,
        (text, request) -> Payload.binary(new byte[(int) most + Integer.parseInt(text)]));

    assertThatThrownBy(() -> call("1"))
        .isInstanceOf(HandlerFailed.class)
        .hasMessageContaining("a reply has %d bytes at most".formatted(most));
    assertThat(ask("", "0").payload().size()).isEqualTo((int) most);
  }

  @Test
  void workers_that_are_named_alike_take_nothing_from_each_other() {
    if (!Refusals.offers(leat.broker(), Capability.ANY_MEMBER)) {
      return;
    }
    List<String> handled = new CopyOnWriteArrayList<>();
    CountDownLatch goOn = new CountDownLatch(1);
    Handler<String> handler =
        (text, request) -> {
          handled.add(text);
          goOn.await();
          return text;
        };
    worker().named("w").concurrency(1).on("work", String.class, handler).start();
    CompletableFuture<String> first = calling("1");
    until("the first is at work", () -> handled.size() == 1);
    worker().named("w").concurrency(1).on("work", String.class, handler).start();
    CompletableFuture<String> second = calling("2");
    until("both are at work", () -> handled.size() == 2);
    goOn.countDown();

    assertThat(result(first)).isEqualTo("1");
    assertThat(result(second)).isEqualTo("2");
    assertThat(handled).containsExactly("1", "2");
  }

  @Test
  void a_type_that_only_some_members_have_is_handled_by_those_as_a_first_attempt() {
    if (!offers(
        Capability.HANDLED_TYPES,
        () -> leat.broker().isHandled(topic, Worker.DEFAULT_GROUP, "work"))) {
      return;
    }
    for (int i = 0; i < 4; i++) {
      worker().on("old", String.class, (text, request) -> text).start();
    }
    worker().on("work", String.class, (text, request) -> text + request.attempt()).start();
    List<CompletableFuture<String>> calls =
        IntStream.range(0, 50).mapToObj(i -> calling("x")).toList();

    assertThat(calls).allSatisfy(call -> assertThat(result(call)).isEqualTo("x1"));
    assertThat(deadLetters()).isEmpty();
  }

  @Test
  void an_event_that_only_some_members_know_is_not_passed_over_by_the_others() {
    if (!offers(
        Capability.HANDLED_TYPES,
        () -> leat.broker().isHandled(topic, Worker.DEFAULT_GROUP, "work"))) {
      return;
    }
    List<String> heard = new CopyOnWriteArrayList<>();
    for (int i = 0; i < 4; i++) {
      worker().onOneWay("old", String.class, (text, request) -> {}).start();
    }
    worker().onOneWay("work", String.class, (text, request) -> heard.add(text)).start();
    for (int i = 0; i < 50; i++) {
      leat.caller().send(topic.toString(), "work", "x" + i);
      leat.caller().send(topic.toString(), "unheard-of", "y");
    }

    until("all were heard", () -> heard.size() == 50);
    until("nothing is pending", this::isIdle);
    assertThat(heard).doesNotHaveDuplicates().allMatch(text -> text.startsWith("x"));
    assertThat(deadLetters()).isEmpty();
  }

  @Test
  void a_type_that_no_member_has_any_more_is_a_problem_at_once() {
    if (!offers(
        Capability.HANDLED_TYPES,
        () -> leat.broker().isHandled(topic, Worker.DEFAULT_GROUP, "work"))) {
      return;
    }
    Worker worker = worker().on("work", String.class, (text, request) -> text).start();
    worker().on("other", String.class, (text, request) -> text).start();
    assertThat(call("x")).isEqualTo("x");
    worker.close();

    assertThatThrownBy(() -> call("x"))
        .isInstanceOfSatisfying(
            HandlerFailed.class, failed -> assertThat(failed.problem().status()).isEqualTo(501));
  }

  private CompletableFuture<String> calling(String payload) {
    return leat.caller()
        .callAsync(topic.toString(), "work", Payload.text(payload), String.class, LONG)
        .toCompletableFuture();
  }
}
