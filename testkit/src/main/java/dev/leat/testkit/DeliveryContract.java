package dev.leat.testkit;

import static dev.leat.testkit.Awaiting.result;
import static dev.leat.testkit.Awaiting.stays;
import static dev.leat.testkit.Awaiting.until;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.leat.DeadlineExceeded;
import dev.leat.Failure;
import dev.leat.HandlerFailed;
import dev.leat.Handling;
import dev.leat.Headers;
import dev.leat.Message;
import dev.leat.Payload;
import dev.leat.Position;
import dev.leat.Problem;
import dev.leat.Reply;
import dev.leat.Retry;
import dev.leat.Worker;
import dev.leat.broker.Delivery;
import dev.leat.broker.Membership;
import dev.leat.broker.Subscription;
import dev.leat.trail.DeadLetters;
import dev.leat.wire.DeadLetter;
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
            Handling.retrying(
                    Retry.times(Integer.MAX_VALUE)
                        .within(forEver)
                        .withWaits(Duration.ofMillis(1), forEver))
                .withTimeout(forEver)
                .idempotent(forEver))
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
    until("the other is counted", () -> worker.counts().expired() == 1);
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

  // Cancellation

  @Test
  void a_caller_that_goes_interrupts_the_handler_wherever_it_runs() throws InterruptedException {
    CountDownLatch begun = new CountDownLatch(1);
    AtomicBoolean interrupted = new AtomicBoolean();
    Worker worker =
        working(
            Handling.DEFAULT,
            (text, request) -> {
              begun.countDown();
              try {
                new CountDownLatch(1).await();
              } catch (InterruptedException expected) {
                interrupted.set(true);
              }
              return "";
            });
    Thread caller = Thread.startVirtualThread(this::callAndGo);
    begun.await();

    caller.interrupt();

    until("the handler was interrupted", interrupted::get);
    until("nothing is pending", this::isIdle);
    assertThat(worker.counts().cancelled()).isEqualTo(1);
    assertThat(deadLetters()).isEmpty();
  }

  @Test
  void what_was_cancelled_before_any_worker_took_it_is_not_begun() {
    result(leat.broker().health(topic.incoming()));
    var cancelled =
        leat.caller()
            .callAsync(topic.toString(), "work", Payload.text("x"), String.class, LONG)
            .toCompletableFuture();
    until("it waits", () -> result(leat.broker().health(topic.incoming())).length() == 1);
    cancelled.cancel(true);
    until("it is cancelled", () -> result(leat.broker().health(topic.cancelled())).length() == 1);
    List<String> handled = new CopyOnWriteArrayList<>();
    Worker worker = worker();
    worker
        .concurrency(1)
        .on(
            "work",
            String.class,
            (text, request) -> {
              handled.add(text);
              return text;
            })
        .start();

    assertThat(call("y")).isEqualTo("y");
    assertThat(handled).containsExactly("y");
    until("the other is counted", () -> worker.counts().cancelled() == 1);
  }

  @Test
  void a_cancelled_handler_cancels_what_it_has_asked_for_itself() throws InterruptedException {
    CountDownLatch begun = new CountDownLatch(1);
    AtomicBoolean interrupted = new AtomicBoolean();
    worker()
        .on(
            "work",
            String.class,
            (text, request) ->
                leat.caller().call(topic.toString(), "inner", text, String.class, LONG))
        .on(
            "inner",
            String.class,
            (text, request) -> {
              begun.countDown();
              try {
                new CountDownLatch(1).await();
              } catch (InterruptedException expected) {
                interrupted.set(true);
              }
              return "";
            })
        .start();
    Thread caller = Thread.startVirtualThread(this::callAndGo);
    begun.await();

    caller.interrupt();

    until("the inner handler was interrupted", interrupted::get);
    until("nothing is pending", this::isIdle);
  }

  // Effects once

  @Test
  void a_request_that_is_repeated_is_answered_from_what_is_kept_and_not_handled_again() {
    AtomicInteger effects = new AtomicInteger();
    working(
        Handling.DEFAULT.idempotent(),
        (text, request) -> Reply.created("/x/1", text + effects.incrementAndGet()));

    Message first = ask("k1", "x");
    Message again = ask("k1", "x");
    assertThat(first.payload().asText()).isEqualTo("x1");
    assertThat(again.payload()).isEqualTo(first.payload());
    assertThat(again.headers().get(Headers.STATUS)).contains("201");
    assertThat(again.headers().get("http.header.location")).contains("/x/1");
    assertThat(again.headers().get("http.header.idempotent-replayed")).contains("true");
    assertThat(ask("k2", "x").payload().asText()).isEqualTo("x2");
    assertThat(effects).hasValue(2);
  }

  @Test
  void an_idempotency_key_of_another_request_is_refused() {
    working(Handling.DEFAULT.idempotent(), (text, request) -> text);
    ask("k", "x");

    assertThatThrownBy(() -> ask("k", "y"))
        .isInstanceOfSatisfying(
            HandlerFailed.class, failed -> assertThat(failed.problem().status()).isEqualTo(422));
    assertThat(ask("k", "x").payload().asText()).isEqualTo("x");
  }

  @Test
  void a_request_whose_twin_is_at_work_is_refused_as_a_conflict_and_then_answered()
      throws InterruptedException {
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    working(
        Handling.DEFAULT.idempotent(),
        (text, request) -> {
          begun.countDown();
          go.await();
          return text;
        });
    Thread twin = Thread.startVirtualThread(() -> ask("k", "x"));
    begun.await();

    assertThatThrownBy(() -> ask("k", "x"))
        .isInstanceOfSatisfying(
            HandlerFailed.class, failed -> assertThat(failed.problem().status()).isEqualTo(409));
    go.countDown();
    twin.join();
    assertThat(ask("k", "x").payload().asText()).isEqualTo("x");
  }

  @Test
  void a_request_that_failed_may_be_tried_again_under_its_key() {
    AtomicInteger calls = new AtomicInteger();
    working(
        Handling.DEFAULT.idempotent(),
        (text, request) -> {
          if (calls.incrementAndGet() == 1) {
            throw new IllegalStateException("no");
          }
          return text;
        });

    assertThatThrownBy(() -> ask("k", "x")).isInstanceOf(HandlerFailed.class);
    assertThat(ask("k", "x").payload().asText()).isEqualTo("x");
    assertThat(calls).hasValue(2);
  }

  @Test
  void the_key_of_a_request_that_expired_at_work_is_free_again() {
    AtomicBoolean hang = new AtomicBoolean(true);
    working(
        Handling.DEFAULT.idempotent(),
        (text, request) -> {
          if (hang.get()) {
            new CountDownLatch(1).await();
          }
          return text;
        });
    assertThatThrownBy(() -> ask("k", "x", Duration.ofMillis(200)))
        .isInstanceOf(DeadlineExceeded.class);
    until("it is ended", this::isIdle);
    hang.set(false);

    assertThat(ask("k", "x").payload().asText()).isEqualTo("x");
  }

  @Test
  void what_is_kept_is_forgotten_in_time() {
    AtomicInteger effects = new AtomicInteger();
    working(
        Handling.DEFAULT.idempotent(Duration.ofMillis(100)),
        (text, request) -> text + effects.incrementAndGet());
    ask("k", "x");

    until("it is handled anew", () -> ask("k", "x").payload().asText().equals("x2"));
  }

  @Test
  void what_is_sent_with_a_reply_is_sent_once_however_often_the_handler_runs() {
    List<Message> sent = new CopyOnWriteArrayList<>();
    worker()
        .on(
            "work",
            String.class,
            (text, request) -> {
              Reply reply =
                  Reply.of(text)
                      .andSend(topic.toString(), "entry", "debit " + text)
                      .andSend(topic.toString(), "entry", "credit " + text);
              if (request.attempt() == 1) {
                throw new IllegalStateException("after the reply was made");
              }
              return reply;
            },
            Handling.retrying(QUICK))
        .onOneWay("entry", Message.class, (message, request) -> sent.add(message))
        .start();

    String id = ask("", "7").id();
    until("both have come", () -> sent.size() == 2);
    until("nothing is pending", this::isIdle);
    assertThat(sent).extracting(Message::id).containsExactlyInAnyOrder(id + ".0", id + ".1");
    assertThat(sent).allMatch(m -> m.headers().get(Headers.CAUSE).orElse("").equals(id));
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
}
