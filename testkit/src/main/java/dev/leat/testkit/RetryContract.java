package dev.leat.testkit;

import static dev.leat.testkit.Awaiting.result;
import static dev.leat.testkit.Awaiting.stays;
import static dev.leat.testkit.Awaiting.until;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.leat.Durations;
import dev.leat.Failure;
import dev.leat.HandlerFailed;
import dev.leat.Handling;
import dev.leat.Position;
import dev.leat.Problem;
import dev.leat.Retry;
import dev.leat.StreamRef;
import dev.leat.Unsupported;
import dev.leat.Worker;
import dev.leat.broker.Capability;
import dev.leat.broker.Delivery;
import dev.leat.broker.Membership;
import dev.leat.broker.Subscription;
import dev.leat.trail.DeadLetters;
import dev.leat.wire.DeadLetter;
import dev.leat.wire.FailedAttempt;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The part of the delivery contract that is about handlers that fail, and what is given up. */
abstract class RetryContract extends TrailContract {
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
  void each_attempt_that_failed_and_was_made_again_leaves_a_mark() {
    StreamRef marks = topic.failedAttempts();
    Instant before = leat.loop().clock().instant().minusSeconds(60);
    worker()
        .named("tester")
        .on(
            "work",
            String.class,
            (text, request) -> {
              if (request.attempt() < 3) {
                throw new IllegalStateException("not yet, the " + request.attempt());
              }
              return text;
            },
            Handling.retrying(QUICK))
        .start();
    assertThat(call("x")).isEqualTo("x");

    if (!offers(Capability.RANGE, () -> leat.broker().range(marks, Position.START, 1))) {
      return;
    }
    List<FailedAttempt> all =
        result(leat.broker().range(marks, Position.START, 10)).stream()
            .map(entry -> FailedAttempt.read(entry.message()))
            .toList();
    assertThat(all).extracting(FailedAttempt::attempt).containsExactly(1, 2);
    assertThat(all).extracting(FailedAttempt::id).allMatch(id -> id.equals(all.getFirst().id()));
    FailedAttempt second = all.getLast();
    assertThat(second.type()).isEqualTo("work");
    assertThat(second.group()).isEqualTo(Worker.DEFAULT_GROUP);
    assertThat(second.member()).startsWith("tester");
    assertThat(second.cause()).isEqualTo("Handler failed");
    assertThat(second.detail()).contains("IllegalStateException: not yet, the 2");
    assertThat(second.began()).isBetween(before, second.at());
  }

  @Test
  void no_more_handlers_run_at_once_than_there_is_room_for_however_often_they_fail() {
    AtomicInteger running = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    AtomicInteger done = new AtomicInteger();
    worker()
        .concurrency(4)
        .on(
            "work",
            String.class,
            (text, request) -> {
              most.accumulateAndGet(running.incrementAndGet(), Math::max);
              LockSupport.parkNanos(Duration.ofMillis(2).toNanos());
              running.decrementAndGet();
              if (request.attempt() < 4) {
                throw new IllegalStateException("not yet");
              }
              done.incrementAndGet();
              return "";
            },
            Handling.retrying(
                Retry.times(4).withWaits(Duration.ofMillis(1), Duration.ofMillis(20))))
        .start();
    IntStream.range(0, 100).forEach(i -> send("" + i));

    until("all are done", () -> done.get() == 100);
    assertThat(most.get()).isBetween(2, 4);
  }

  @Test
  void who_takes_the_place_of_a_member_that_drains_does_not_take_what_that_is_at_work_on() {
    if (!Refusals.offers(leat.broker(), Capability.ANY_MEMBER)) {
      return;
    }
    AtomicInteger handled = new AtomicInteger();
    CountDownLatch go = new CountDownLatch(1);
    Worker worker =
        worker()
            .named("stable")
            .members(2)
            .drain(LONG)
            .on(
                "work",
                String.class,
                (text, request) -> {
                  handled.incrementAndGet();
                  go.await();
                  return text;
                })
            .start();
    IntStream.range(0, 20).forEach(i -> send("" + i));
    until("all are begun", () -> handled.get() == 20);
    worker.removeTopic(topic.toString()).addTopic(topic.toString());
    worker.members(1).members(2);
    send("another");
    until("the other is begun", () -> handled.get() > 20);
    stays("nothing is begun twice", Duration.ofMillis(300), () -> handled.get() == 21);
    go.countDown();

    until("nothing is pending", this::isIdle);
    assertThat(handled).hasValue(21);
    assertThat(worker.counts().replied()).isEqualTo(21);
  }

  @Test
  void what_is_to_last_for_ever_does_everywhere() {
    AtomicInteger attempts = new AtomicInteger();
    Duration forEver = ChronoUnit.FOREVER.getDuration();
    if (leat.broker().limits().longestLease().compareTo(Durations.FOREVER) < 0) {
      assertThatThrownBy(() -> worker().lease(forEver))
          .isInstanceOf(Unsupported.class)
          .hasMessageContaining("too long");
      return;
    }
    Handling handling =
        Handling.retrying(
                Retry.times(Integer.MAX_VALUE)
                    .within(forEver)
                    .withWaits(Duration.ofMillis(1), forEver))
            .withTimeout(forEver);
    worker()
        .lease(forEver)
        .drain(forEver)
        .on(
            "work",
            String.class,
            (text, request) -> {
              if (attempts.incrementAndGet() < 3) {
                throw new IllegalStateException("not yet");
              }
              return "done";
            },
            Refusals.offers(leat.broker(), Capability.NOTES)
                ? handling.idempotent(forEver)
                : handling)
        .start();

    assertThat(call("x", forEver)).isEqualTo("done");
    until("nothing is pending", this::isIdle);
    assertThat(deadLetters()).isEmpty();
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
    assertThat(letter.stack()).contains("for the log alone", "RetryContract");
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
  void a_failure_that_says_what_to_tell_is_tried_again_and_then_told() {
    AtomicInteger attempts = new AtomicInteger();
    working(
        Handling.retrying(QUICK),
        (text, request) -> {
          attempts.incrementAndGet();
          throw new Failure(Problem.of(502, "Bank away", "the bank does not answer"));
        });

    assertThatThrownBy(() -> call("x")).hasMessage("502 Bank away: the bank does not answer");
    assertThat(attempts).hasValue(3);
    assertThat(deadLetters().getFirst().cause()).isEqualTo("Bank away");
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
    if (!offers(Capability.MOVE, () -> redriveAnything())) {
      return;
    }
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
}
