package dev.leat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What may change of a worker while it runs. */
class RunningWorkerTest extends LeatFixture {
  private final List<WorkerEvent> events = new CopyOnWriteArrayList<>();
  private final Worker worker =
      leat.worker("one")
          .named("w")
          .onEvent(events::add)
          .on("echo", String.class, (text, request) -> text)
          .start();

  @Test
  void a_handler_may_be_added_and_taken_away() {
    assertThatThrownBy(() -> call("one", "late", "x")).isInstanceOf(HandlerFailed.class);

    worker.on("late", String.class, (text, request) -> "late " + text);
    assertThat(call("one", "late", "x")).isEqualTo("late x");

    worker.off("late");
    assertThatThrownBy(() -> call("one", "late", "x"))
        .isInstanceOf(HandlerFailed.class)
        .hasMessageContaining("no handler for type 'late'");
    worker.on("late", String.class, (text, request) -> "again " + text);
    assertThat(call("one", "late", "x")).isEqualTo("again x");
  }

  @Test
  void a_topic_may_be_added_and_removed() {
    worker.addTopic("two").addTopic("two");
    assertThat(call("two", "echo", "x")).isEqualTo("x");
    assertThat(group("two").members()).hasValue(1);

    worker.removeTopic("two").removeTopic("two");

    await().atMost(LONG).until(() -> group("two").members().orElseThrow() == 0);
    assertThatThrownBy(() -> caller.call("two", "echo", "x", String.class, Duration.ofMillis(100)))
        .isInstanceOf(DeadlineExceeded.class);
    assertThat(call("one", "echo", "y")).isEqualTo("y");
  }

  @Test
  void members_come_and_go_and_every_message_is_handled_once() {
    worker.members(4);
    assertThat(group("one").members()).hasValue(4);
    List<CompletableFuture<String>> calls =
        IntStream.range(0, 500)
            .mapToObj(
                i -> {
                  if (i % 100 == 50) {
                    worker.members(1 + i / 100);
                  }
                  return caller.callAsync("one", "echo", "" + i, String.class, LONG);
                })
            .map(stage -> stage.toCompletableFuture())
            .toList();

    assertThat(calls.stream().map(CompletableFuture::join))
        .isEqualTo(IntStream.range(0, 500).mapToObj(Integer::toString).toList());
    worker.members(2);
    await().atMost(LONG).until(() -> group("one").members().orElseThrow() == 2);
    assertThat(pending("one")).isZero();
  }

  @Test
  void it_tells_who_has_come_and_who_has_gone() {
    Topic one = Topic.of("one");
    assertThat(events).containsExactly(new WorkerEvent.Connected(one, "w-1"));
    worker.members(2);

    worker.close();

    assertThat(events)
        .containsExactlyInAnyOrder(
            new WorkerEvent.Connected(one, "w-1"),
            new WorkerEvent.Connected(one, "w-2"),
            new WorkerEvent.Drained(one, "w-1", 0),
            new WorkerEvent.Drained(one, "w-2", 0));
  }

  @Test
  void what_could_not_be_finished_in_time_is_told_too() {
    CountDownLatch never = new CountDownLatch(1);
    Worker stuck =
        leat.worker("stuck")
            .named("s")
            .drain(Duration.ofMillis(1))
            .onEvent(events::add)
            .onOneWay("x", String.class, (text, request) -> never.await())
            .start();
    caller.send("stuck", "x", "p");
    await().atMost(LONG).until(() -> stuck.inFlight() == 1);

    stuck.close();

    assertThat(events).contains(new WorkerEvent.Drained(Topic.of("stuck"), "s-1", 1));
  }

  @Test
  void a_one_way_handler_is_done_when_it_returns_and_whoever_waits_gets_an_empty_reply() {
    List<String> seen = new CopyOnWriteArrayList<>();
    leat.worker("mail").onOneWay("mail.send", String.class, (text, r) -> seen.add(text)).start();

    caller.send("mail", "mail.send", "sent");
    assertThat(caller.call("mail", "mail.send", "called", Message.class, LONG).headers())
        .isNotNull()
        .satisfies(headers -> assertThat(headers.get(Headers.STATUS)).contains("204"));

    await().atMost(LONG).until(() -> seen.size() == 2);
    assertThat(seen).containsExactlyInAnyOrder("sent", "called");
    assertThat(deadLetters("mail")).isEmpty();
  }

  @Test
  void a_worker_may_begin_elsewhere_than_at_the_first_message() {
    List<String> seen = new CopyOnWriteArrayList<>();
    caller.send("news", "n", "old");
    leat.worker("news")
        .from(Position.NOW)
        .onOneWay("n", String.class, (text, request) -> seen.add(text))
        .start();
    caller.send("news", "n", "new");

    await().atMost(LONG).until(() -> !seen.isEmpty());
    assertThat(seen).containsExactly("new");
  }

  @Test
  void what_must_be_said_before_the_start_is_refused_after_it() {
    assertThatThrownBy(() -> worker.group("g"))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("the worker of topic one is started or closed");
    assertThatThrownBy(() -> worker.members(0)).hasMessageContaining("at least 1 member");
  }

  @Test
  void closing_waits_for_what_drains_already_and_so_does_whoever_closes_again() {
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    AtomicBoolean done = new AtomicBoolean();
    worker.on(
        "slow",
        String.class,
        (text, request) -> {
          begun.countDown();
          go.await();
          LockSupport.parkNanos(Duration.ofMillis(50).toNanos());
          done.set(true);
          return text;
        });
    worker.addTopic("two");
    caller.send("two", "slow", "x");
    await().atMost(LONG).until(() -> begun.getCount() == 0);
    worker.removeTopic("two");
    List<CompletableFuture<Boolean>> closings =
        Stream.<Runnable>of(worker::close, worker::close, leat::close, leat::close)
            .map(
                closing ->
                    CompletableFuture.supplyAsync(
                        () -> {
                          closing.run();
                          return done.get();
                        },
                        Thread::startVirtualThread))
            .toList();
    await()
        .during(Duration.ofMillis(100))
        .until(() -> closings.stream().noneMatch(CompletableFuture::isDone));
    go.countDown();

    assertThat(closings).allSatisfy(closing -> assertThat(closing.join()).isTrue());
    assertThatThrownBy(() -> leat.worker("late")).isInstanceOf(BrokerUnavailable.class);
  }

  private String call(String topic, String type, String text) {
    return caller.call(topic, type, text, String.class, LONG);
  }
}
