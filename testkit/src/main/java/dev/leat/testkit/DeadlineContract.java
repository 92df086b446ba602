package dev.leat.testkit;

import static dev.leat.testkit.Awaiting.result;
import static dev.leat.testkit.Awaiting.until;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.leat.DeadlineExceeded;
import dev.leat.DeadlineExceeded.Begun;
import dev.leat.Handling;
import dev.leat.Payload;
import dev.leat.Worker;
import dev.leat.broker.Capability;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** The part of the delivery contract that is about those who wait no more. */
abstract class DeadlineContract extends RetryContract {
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

  @Test
  void who_waited_in_vain_is_told_whether_a_worker_has_it() {
    if (!offers(
        Capability.EXACT_BACKLOG, () -> leat.broker().untaken(topic.incoming(), List.of()))) {
      return;
    }
    assertThat(begunBy(() -> call("x", Duration.ofMillis(200)))).isEqualTo(Begun.NO);

    leat.worker(topic.toString())
        .group("audit")
        .listening()
        .on("work", String.class, (text, request) -> text)
        .start();
    assertThat(begunBy(() -> call("x", Duration.ofMillis(200)))).isEqualTo(Begun.NO);

    CountDownLatch begun = new CountDownLatch(1);
    working(
        Handling.DEFAULT,
        (text, request) -> {
          begun.countDown();
          new CountDownLatch(1).await();
          return text;
        });
    assertThat(begunBy(() -> call("x", Duration.ofMillis(500)))).isEqualTo(Begun.YES);
    assertThat(begun.getCount()).isZero();
  }

  private static Begun begunBy(ThrowingCallable call) {
    return catchThrowableOfType(DeadlineExceeded.class, call).begun();
  }

  // Cancellation

  @Test
  void a_caller_that_goes_interrupts_the_handler_wherever_it_runs() throws InterruptedException {
    if (!offers(Capability.CANCELLATION, () -> leat.broker().cancellations(topic, batch -> {}))) {
      return;
    }
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
    if (!offers(Capability.CANCELLATION, () -> leat.broker().cancellations(topic, batch -> {}))) {
      return;
    }
    List<String> heard = new CopyOnWriteArrayList<>();
    hearCancellations(heard);
    var cancelled =
        leat.caller()
            .callAsync(topic.toString(), "work", Payload.text("x"), String.class, LONG)
            .toCompletableFuture();
    until(
        "it waits",
        () -> result(leat.broker().health(topic.incoming())).length().orElseThrow() == 1);
    cancelled.cancel(true);
    until("it is cancelled", () -> heard.size() == 1);
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
    if (!offers(Capability.CANCELLATION, () -> leat.broker().cancellations(topic, batch -> {}))) {
      return;
    }
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

  // Those that only listen

  @Test
  void a_group_that_listens_sees_everything_and_answers_nobody() {
    if (!offers(Capability.SEVERAL_GROUPS, () -> secondGroup())) {
      return;
    }
    List<String> seen = new CopyOnWriteArrayList<>();
    Worker audit =
        worker()
            .group("audit")
            .listening()
            .onOneWay("work", String.class, (text, request) -> seen.add(text))
            .onOneWay(
                "broken",
                String.class,
                (text, request) -> {
                  throw new IllegalStateException("the audit's own");
                })
            .start();
    until("it is there", () -> !result(leat.broker().health(topic.incoming())).groups().isEmpty());
    assertThatThrownBy(() -> call("late", Duration.ofMillis(100)))
        .isInstanceOf(DeadlineExceeded.class);
    Worker working =
        worker()
            .on("work", String.class, (text, request) -> text + " done")
            .on("other", String.class, (text, request) -> text + " too")
            .on("broken", String.class, (text, request) -> text + " as well")
            .start();

    assertThat(call("x")).isEqualTo("x done");
    assertThat(ask("other")).isEqualTo("y too");
    assertThat(ask("broken")).isEqualTo("y as well");
    until("it has seen them", () -> seen.size() == 2);
    assertThat(seen).containsExactly("late", "x");
    until("what it failed at is a dead letter of its own", () -> deadLetters().size() == 1);
    assertThat(deadLetters().getFirst().group()).isEqualTo("audit");
    assertThat(audit.counts().late()).isZero();
    assertThat(working.counts().replied()).isEqualTo(3);
    assertThat(result(leat.broker().health(topic.incoming())).groups())
        .extracting(group -> group.group() + " " + group.answers())
        .containsExactlyInAnyOrder("audit false", Worker.DEFAULT_GROUP + " true");
  }

  private String ask(String type) {
    return leat.caller().call(topic.toString(), type, "y", String.class, LONG);
  }
}
