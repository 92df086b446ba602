package dev.leat.testkit;

import static dev.leat.testkit.Awaiting.result;
import static dev.leat.testkit.Awaiting.until;
import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.BadConfiguration;
import dev.leat.Handler;
import dev.leat.Handling;
import dev.leat.Headers;
import dev.leat.Payload;
import dev.leat.Retry;
import dev.leat.Worker;
import dev.leat.WorkerEvent;
import dev.leat.broker.Capability;
import dev.leat.broker.Completion;
import dev.leat.broker.Delivery;
import dev.leat.broker.Membership;
import dev.leat.broker.Subscription;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What order by key means on every broker that offers {@link Capability#KEY_ORDER}. */
public abstract class OrderContract extends DeliveryFixture {
  private static final Duration SHORT_LEASE = Duration.ofMillis(300);

  /** What was handled of each key, in the order in which it began. */
  private final Map<String, List<String>> handled = new ConcurrentHashMap<>();

  private final Map<String, AtomicInteger> atWork = new ConcurrentHashMap<>();
  private final AtomicBoolean overlapped = new AtomicBoolean();

  /** For subclasses. */
  protected OrderContract() {}

  @Test
  void messages_of_one_key_are_handled_one_at_a_time_in_order_by_all_members_together() {
    send(200, "a", "b", "c");
    ordered(noting(Duration.ofMillis(1))).members(3).start();

    untilHandled(200, "a", "b", "c");
    until("nothing is pending", this::isIdle);
    assertInOrder(200, "a", "b", "c");
  }

  @Test
  void what_comes_while_its_key_is_at_work_waits_for_its_turn() {
    ordered(noting(Duration.ofMillis(1))).members(2).start();
    send(100, "a", "b");

    untilHandled(100, "a", "b");
    assertInOrder(100, "a", "b");
  }

  @Test
  void a_key_that_is_at_work_holds_up_no_other_and_no_message_without_a_key() {
    CountDownLatch go = new CountDownLatch(1);
    ordered(
            (text, request) -> {
              if (text.equals("slow")) {
                go.await();
              }
              note(request.message().headers().get(Headers.KEY).orElse("none"), text);
              return "";
            })
        .start();
    send("a", "slow");
    send(20, "a");
    send(20, "b");
    send("first");
    send("second");

    untilHandled(20, "b");
    untilHandled(2, "none");
    assertThat(handledOf("a")).isEmpty();
    if (leat.broker().capabilities().contains(Capability.EXACT_BACKLOG)) {
      until("one is in flight", () -> group().pending().orElseThrow() == 1);
      assertThat(group().backlog()).hasValue(20);
    }

    go.countDown();
    untilHandled(21, "a");
    assertThat(handledOf("a")).startsWith("slow", "0", "1").endsWith("19");
  }

  @Test
  void order_remains_while_members_come_and_go() {
    Worker staying = ordered(noting(Duration.ofMillis(1))).start();
    send(150, "a", "b", "c", "d");
    for (int i = 0; i < 5; i++) {
      int so = 20 * (i + 1);
      Worker coming = ordered(noting(Duration.ofMillis(1))).members(2).start();
      until("some more is done", () -> handledOf("a").size() >= so);
      coming.close();
    }

    untilHandled(150, "a", "b", "c", "d");
    until("nothing is pending", this::isIdle);
    assertInOrder(150, "a", "b", "c", "d");
    staying.close();
  }

  @Test
  void one_that_is_tried_again_keeps_its_place() {
    List<String> attempts = new CopyOnWriteArrayList<>();
    Retry retry = Retry.times(3).withWaits(Duration.ofMillis(100), Duration.ofMillis(100));
    worker()
        .ordered()
        .on(
            "work",
            String.class,
            (text, request) -> {
              attempts.add(text + "/" + request.attempt());
              if (text.equals("1") && request.attempt() < 3) {
                throw new IllegalStateException("not yet");
              }
              return "";
            },
            Handling.retrying(retry))
        .members(2)
        .start();
    send(3, "a");

    until("all is done", () -> attempts.size() == 5 && isIdle());
    assertThat(attempts).containsExactly("0/1", "1/1", "1/2", "1/3", "2/1");
  }

  @Test
  void one_that_is_given_up_lets_the_next_go_on() {
    ordered(
            (text, request) -> {
              note("a", text);
              if (text.equals("1")) {
                throw new IllegalStateException("never");
              }
              return "";
            })
        .start();
    send(4, "a");

    untilHandled(4, "a");
    assertThat(handledOf("a")).containsExactly("0", "1", "2", "3");
    until("it is a dead letter", () -> deadLetters().size() == 1);
    until("nothing is pending", this::isIdle);
  }

  @Test
  void one_whose_member_died_is_handed_over_again_before_the_next() {
    send(3, "a");
    List<Delivery> lost = new CopyOnWriteArrayList<>();
    Subscription dying = leat.broker().subscribe(member("dying"), batch -> lost.addAll(batch));
    dying.request(10);
    until("it has the first", () -> !lost.isEmpty());
    dying.close();
    List<Delivery> next = new CopyOnWriteArrayList<>();
    Subscription heir = leat.broker().subscribe(member("heir"), next::addAll);
    heir.request(10);

    until("the first is handed over again", () -> !next.isEmpty());
    assertThat(lost).hasSize(1);
    assertDelivery(next.get(0), "0", 2);
    assertThat(result(lost.get(0).complete(Completion.of(List.of())))).isFalse();
    assertThat(next).hasSize(1);
    assertThat(result(next.get(0).complete(List.of()))).isTrue();
    until("the second follows", () -> next.size() == 2);
    assertDelivery(next.get(1), "1", 1);
    result(next.get(1).release(Duration.ZERO));
    until("the second comes again", () -> next.size() == 3);
    assertDelivery(next.get(2), "1", 2);
    result(next.get(2).complete(List.of()));
    until("the third follows", () -> next.size() == 4);
    assertDelivery(next.get(3), "2", 1);
    heir.close();
  }

  @Test
  void many_keys_at_once_are_each_in_order() {
    String[] keys = IntStream.range(0, 300).mapToObj(i -> "key-" + i).toArray(String[]::new);
    ordered(noting(Duration.ZERO)).members(2).start();
    send(10, keys);

    untilHandled(10, keys);
    until("nothing is pending", this::isIdle);
    assertInOrder(10, keys);
  }

  @Test
  void a_member_that_would_not_keep_the_groups_order_is_refused() {
    ordered(noting(Duration.ZERO)).start();
    send(1, "a");
    untilHandled(1, "a");
    List<WorkerEvent> events = new CopyOnWriteArrayList<>();
    worker().onEvent(events::add).on("work", String.class, noting(Duration.ZERO)).start();

    until(
        "it is refused",
        () ->
            events.stream()
                .anyMatch(
                    event ->
                        event instanceof WorkerEvent.Crashed crashed
                            && crashed.cause() instanceof BadConfiguration refused
                            && String.valueOf(refused.getMessage()).contains("ordered()")));
    send(20, "b");
    untilHandled(20, "b");
    assertInOrder(20, "b");
  }

  private Worker ordered(Handler<String> handler) {
    return worker().ordered().on("work", String.class, handler);
  }

  /** Notes what begins, and whether two of a key are ever at work together. */
  private Handler<String> noting(Duration takes) {
    return (text, request) -> {
      String key = request.message().headers().get(Headers.KEY).orElseThrow();
      AtomicInteger together = atWork.computeIfAbsent(key, first -> new AtomicInteger());
      if (together.incrementAndGet() > 1) {
        overlapped.set(true);
      }
      note(key, text);
      LockSupport.parkNanos(takes.toNanos());
      together.decrementAndGet();
      return "";
    };
  }

  private void note(String key, String text) {
    handled.computeIfAbsent(key, first -> new CopyOnWriteArrayList<>()).add(text);
  }

  private List<String> handledOf(String key) {
    return handled.getOrDefault(key, List.of());
  }

  /** Numbered messages, of the keys in turn. */
  private void send(int number, String... keys) {
    for (int i = 0; i < number; i++) {
      for (String key : keys) {
        send(key, Integer.toString(i));
      }
    }
  }

  private void send(String key, String text) {
    leat.caller().withKey(key).send(topic.toString(), "work", Payload.text(text));
  }

  private void untilHandled(int number, String... keys) {
    for (String key : keys) {
      until(key + " is handled", () -> handledOf(key).size() >= number);
    }
  }

  private void assertInOrder(int number, String... keys) {
    List<String> expected = new ArrayList<>();
    IntStream.range(0, number).forEach(i -> expected.add(Integer.toString(i)));
    for (String key : keys) {
      assertThat(handledOf(key)).as(key).isEqualTo(expected);
    }
    assertThat(overlapped).as("two of a key at a time").isFalse();
  }

  private Membership member(String name) {
    return Membership.of(topic, Worker.DEFAULT_GROUP, name).withLease(SHORT_LEASE).inOrder();
  }

  private static void assertDelivery(Delivery delivery, String text, int attempt) {
    assertThat(delivery.message().payload().asText()).isEqualTo(text);
    assertThat(delivery.attempt()).isEqualTo(attempt);
  }
}
