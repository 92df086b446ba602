package dev.leat.testkit;

import static dev.leat.testkit.Awaiting.result;
import static dev.leat.testkit.Awaiting.until;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.leat.DeadlineExceeded;
import dev.leat.HandlerFailed;
import dev.leat.Handling;
import dev.leat.Position;
import dev.leat.Retry;
import dev.leat.Worker;
import dev.leat.broker.Delivery;
import dev.leat.broker.Membership;
import dev.leat.broker.Subscription;
import dev.leat.trail.DeadLetters;
import dev.leat.wire.DeadLetter;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/**
 * What workers and callers promise on every broker: each accepted request reaches exactly one end.
 * The reliability page is the list of these names.
 */
public abstract class DeliveryContract extends DeliveryFixture {
  /** For subclasses. */
  protected DeliveryContract() {}

  // Retries and dead letters

  @Test
  void a_handler_that_fails_is_tried_again_and_its_caller_gets_the_one_reply() {
    List<Integer> attempts = new CopyOnWriteArrayList<>();
    Worker worker =
        working(
            Handling.retrying(QUICK),
            (text, request) -> {
              attempts.add(request.attempt());
              if (request.attempt() < 3) {
                throw new IllegalStateException("not yet");
              }
              return text + " done";
            });

    assertThat(call("x")).isEqualTo("x done");
    assertThat(attempts).containsExactly(1, 2, 3);
    until("nothing is pending", this::isIdle);
    assertThat(deadLetters()).isEmpty();
    assertThat(worker.counts().retried()).isEqualTo(2);
    assertThat(worker.counts().replied()).isEqualTo(1);
  }

  @Test
  void a_message_that_nobody_waits_for_is_tried_again_just_so() {
    AtomicInteger attempts = new AtomicInteger();
    working(
        Handling.retrying(QUICK),
        (text, request) -> {
          if (attempts.incrementAndGet() < 2) {
            throw new IllegalStateException("not yet");
          }
          return "";
        });
    send("x");

    until("it was tried twice", () -> attempts.get() == 2);
    until("nothing is pending", this::isIdle);
    assertThat(deadLetters()).isEmpty();
  }

  @Test
  void what_fails_to_its_last_attempt_is_a_dead_letter_that_says_all_and_its_caller_is_told() {
    Instant before = leat.loop().clock().instant().minusSeconds(60);
    Worker worker =
        working(
            Handling.retrying(QUICK),
            (text, request) -> {
              throw new IllegalArgumentException("for the log alone");
            });

    assertThatThrownBy(() -> call("poison"))
        .isInstanceOf(HandlerFailed.class)
        .hasMessageContaining("the handler of work failed")
        .hasMessageNotContaining("for the log alone");

    DeadLetter letter = deadLetters().getFirst();
    assertThat(letter.message().payload().asText()).isEqualTo("poison");
    assertThat(letter.message().wantsReply()).isTrue();
    assertThat(letter.cause()).isEqualTo("Handler failed");
    assertThat(letter.stack()).contains("for the log alone", "DeliveryContract");
    assertThat(letter.attempts()).isEqualTo(3);
    assertThat(letter.acceptedAt()).isAfter(before).isBeforeOrEqualTo(letter.at().plusSeconds(60));
    assertThat(letter.group()).isEqualTo(Worker.DEFAULT_GROUP);
    assertThat(letter.member()).isNotEmpty();
    until("nothing is pending", this::isIdle);
    assertThat(deadLetters()).hasSize(1);
    assertThat(worker.counts().deadLettered()).isEqualTo(1);
  }

  @Test
  void only_the_failures_that_a_retry_names_are_tried_again() {
    AtomicInteger attempts = new AtomicInteger();
    working(
        Handling.retrying(QUICK.only(java.io.IOException.class)),
        (text, request) -> {
          attempts.incrementAndGet();
          throw new IllegalStateException("no use");
        });

    assertThatThrownBy(() -> call("x")).isInstanceOf(HandlerFailed.class);
    assertThat(attempts).hasValue(1);
  }

  @Test
  void a_caller_that_no_retry_could_answer_in_time_is_told_at_once() {
    working(
        Handling.retrying(Retry.SOME.withWaits(Duration.ofHours(1), Duration.ofHours(1))),
        (text, request) -> {
          throw new IllegalStateException("no");
        });

    assertThatThrownBy(() -> call("x")).isInstanceOf(HandlerFailed.class);
    assertThat(deadLetters()).hasSize(1);
  }

  @Test
  void a_retry_outlives_the_worker_that_failed() {
    Worker first =
        working(
            Handling.retrying(QUICK.withWaits(Duration.ofMillis(300), Duration.ofMillis(300))),
            (text, request) -> {
              throw new IllegalStateException("no");
            });
    send("x");
    until("it is to be tried again", () -> first.counts().retried() == 1);
    first.close();
    AtomicInteger attempt = new AtomicInteger();
    working(
        Handling.DEFAULT,
        (text, request) -> {
          attempt.set(request.attempt());
          return "";
        });

    until("another has tried it", () -> attempt.get() == 2);
    until("nothing is pending", this::isIdle);
  }

  @Test
  void a_message_that_ends_every_worker_it_meets_is_a_dead_letter_in_the_end() {
    send("deadly");
    Inbox dying = new Inbox();
    Subscription subscription =
        leat.broker().subscribe(Membership.of(topic, Worker.DEFAULT_GROUP, "dying"), dying);
    subscription.request(100);
    for (int death = 1; death <= 6; death++) {
      Delivery lost = dying.await(death).get(death - 1);
      if (death == 6) {
        subscription.close();
      }
      result(lost.release(Duration.ZERO));
    }
    AtomicBoolean handled = new AtomicBoolean();
    working(
        Handling.DEFAULT,
        (text, request) -> {
          handled.set(true);
          return "";
        });

    until("it is given up", () -> deadLetters().size() == 1);
    assertThat(deadLetters().getFirst().detail()).contains("6 workers ended");
    assertThat(handled).isFalse();
  }

  @Test
  void a_dead_letter_that_is_sent_back_begins_anew_for_the_group_that_gave_it_up() {
    AtomicBoolean mended = new AtomicBoolean();
    List<Integer> attempts = new CopyOnWriteArrayList<>();
    working(
        Handling.DEFAULT,
        (text, request) -> {
          if (!mended.get()) {
            throw new IllegalStateException("no");
          }
          attempts.add(request.attempt());
          return "";
        });
    List<String> others = new CopyOnWriteArrayList<>();
    worker()
        .group("others")
        .on(
            "work",
            String.class,
            (text, request) -> {
              others.add(text);
              return "";
            })
        .start();
    String id = send("x");
    DeadLetters letters = new DeadLetters(leat.broker(), topic);
    until("it is given up", () -> deadLetters().size() == 1);
    mended.set(true);

    DeadLetters.Kept kept = result(letters.range(Position.START, 10)).getFirst();
    assertThat(kept.letter().message().id()).isEqualTo(id);
    assertThat(result(letters.redrive(kept))).isTrue();
    assertThat(result(letters.redrive(kept))).isFalse();

    until("it is done", () -> attempts.size() == 1);
    until("nothing is pending", this::isIdle);
    assertThat(attempts).containsExactly(1);
    assertThat(others).containsExactly("x");
    assertThat(deadLetters()).isEmpty();
  }

  // Deadlines

  @Test
  void what_nobody_waits_for_any_more_is_not_begun() {
    assertThatThrownBy(() -> call("late", Duration.ofMillis(50)))
        .isInstanceOf(DeadlineExceeded.class);
    List<String> handled = new CopyOnWriteArrayList<>();
    Worker worker =
        working(
            Handling.DEFAULT,
            (text, request) -> {
              handled.add(text);
              return text;
            });

    assertThat(call("in time")).isEqualTo("in time");
    assertThat(handled).containsExactly("in time");
    assertThat(worker.counts().expired()).isEqualTo(1);
    until("nothing is pending", this::isIdle);
    assertThat(deadLetters()).isEmpty();
  }

  @Test
  void a_handler_sees_the_time_that_is_left_and_is_interrupted_once_it_is_over() {
    List<Duration> left = new CopyOnWriteArrayList<>();
    AtomicBoolean interrupted = new AtomicBoolean();
    Worker worker =
        working(
            Handling.DEFAULT,
            (text, request) -> {
              left.add(request.timeLeft().orElseThrow());
              try {
                new CountDownLatch(1).await();
              } catch (InterruptedException expected) {
                interrupted.set(true);
              }
              return "too late";
            });

    assertThatThrownBy(() -> call("x", Duration.ofMillis(400)))
        .isInstanceOf(DeadlineExceeded.class);
    until("it was interrupted", interrupted::get);
    until("nothing is pending", this::isIdle);
    assertThat(left.getFirst()).isPositive().isLessThanOrEqualTo(Duration.ofMillis(400));
    assertThat(worker.counts().expired()).isEqualTo(1);
    assertThat(worker.counts().replied()).isZero();
  }

  @Test
  void a_call_made_by_a_handler_inherits_the_time_that_is_left() {
    worker()
        .on(
            "outer",
            String.class,
            (text, request) ->
                leat.caller().call(topic.toString(), "inner", text, String.class, LONG))
        .on(
            "inner",
            String.class,
            (text, request) -> request.deadline().orElseThrow().toEpochMilli() + "")
        .start();
    long before = leat.loop().clock().millis();

    long inner =
        Long.parseLong(
            leat.caller()
                .call(topic.toString(), "outer", "x", String.class, Duration.ofSeconds(15)));
    assertThat(inner).isBetween(before + 14_000, before + 19_000);
  }

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
      assertThat(worker.counts().replied()).isEqualTo(1);
    } finally {
      over.set(true);
    }
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
}
