package dev.leat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** How much a worker takes on, and how it stops. */
class WorkerTest extends LeatFixture {
  // Many at a time

  @Test
  void no_more_handlers_run_at_a_time_than_was_said_and_all_are_answered() {
    AtomicInteger running = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    leat.worker("slow")
        .concurrency(3)
        .on(
            "x",
            String.class,
            (text, request) -> {
              most.accumulateAndGet(running.incrementAndGet(), Math::max);
              Thread.onSpinWait();
              running.decrementAndGet();
              return text;
            })
        .start();

    var calls =
        IntStream.range(0, 200)
            .mapToObj(i -> caller.callAsync("slow", "x", "" + i, String.class, LONG))
            .map(stage -> stage.toCompletableFuture())
            .toList();

    assertThat(calls.stream().map(CompletableFuture::join))
        .isEqualTo(IntStream.range(0, 200).mapToObj(Integer::toString).toList());
    assertThat(most.get()).isLessThanOrEqualTo(3);
  }

  @Test
  void a_worker_that_closes_finishes_what_it_holds_and_gives_back_what_it_cannot() {
    CountDownLatch stuck = new CountDownLatch(1);
    Worker first =
        leat.worker("work")
            .drain(Duration.ofMillis(50))
            .on(
                "x",
                String.class,
                (text, request) -> {
                  stuck.await();
                  return "first";
                })
            .start();
    var call = caller.callAsync("work", "x", "p", String.class, LONG).toCompletableFuture();
    await().atMost(LONG).until(() -> first.inFlight() == 1);

    first.close();
    leat.worker("work")
        .on("x", String.class, (text, request) -> "second, attempt " + request.attempt())
        .start();

    assertThat(call.join()).isEqualTo("second, attempt 2");
  }

  @Test
  void events_of_a_type_that_is_new_break_no_group_that_only_hears_of_events() {
    List<String> heard = new CopyOnWriteArrayList<>();
    Worker events =
        leat.worker("events").onOneWay("known", String.class, (text, r) -> heard.add(text)).start();
    caller.send("events", "new", "a");
    caller.send("events", "known", "b");

    await().atMost(LONG).until(() -> heard.contains("b") && events.inFlight() == 0);
    assertThat(deadLetters("events")).isEmpty();
    assertThatThrownBy(() -> caller.call("events", "new", "c", String.class, LONG))
        .as("whoever asks is told that nobody will answer")
        .hasMessageContaining("501");
  }

  @Test
  void what_a_group_has_no_handler_for_is_left_to_others_where_that_was_said() {
    Worker some = leat.worker("both").others().on("a", String.class, (text, r) -> "some").start();
    leat.worker("both").group("rest").others().on("b", String.class, (text, r) -> "rest").start();

    assertThat(caller.call("both", "a", "", String.class, LONG)).isEqualTo("some");
    assertThat(caller.call("both", "b", "", String.class, LONG)).isEqualTo("rest");
    await().atMost(LONG).until(() -> some.inFlight() == 0);
    assertThat(deadLetters("both")).isEmpty();
  }

  @Test
  void a_handler_that_outlasts_its_lease_keeps_its_message() {
    AtomicInteger attempts = new AtomicInteger();
    Instant until = Instant.now().plusMillis(1_200);
    Worker worker =
        leat.worker("long")
            .lease(Duration.ofMillis(500))
            .on(
                "x",
                String.class,
                (text, request) -> {
                  attempts.incrementAndGet();
                  await().until(() -> Instant.now().isAfter(until));
                  return "done";
                });
    worker.start();

    assertThat(caller.call("long", "x", "p", String.class, LONG)).isEqualTo("done");
    assertThat(attempts).hasValue(1);
  }

  // Mistakes

  @Test
  void mistakes_in_setting_up_are_refused_with_a_sentence() {
    List<Object> endless = new ArrayList<>();
    endless.add(endless);
    Worker worker = leat.worker("users").on("a", String.class, (text, request) -> text);

    assertThatThrownBy(() -> worker.on("a", String.class, (text, request) -> text))
        .hasMessage("type a of topic users has a handler");
    assertThatThrownBy(() -> worker.concurrency(0)).hasMessageContaining("at least 1");
    worker.start();
    assertThatThrownBy(worker::start).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> leat.worker("a b")).hasMessageContaining("cannot be part of a topic");
    assertThatThrownBy(() -> caller.call("users", "a", endless, String.class, SECOND))
        .isInstanceOf(BadMessage.class);
  }

  @Test
  void an_unknown_scheme_names_those_that_are_known() {
    assertThatThrownBy(() -> Leat.connect("rabbit://u:s3cret@host"))
        .isInstanceOf(BadConfiguration.class)
        .hasMessage(
            "rabbit://***@host: no broker has the scheme 'rabbit:', known are file:, memory:");
  }
}
