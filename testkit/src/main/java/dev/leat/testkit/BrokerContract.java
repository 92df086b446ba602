package dev.leat.testkit;

import static dev.leat.testkit.Awaiting.result;
import static dev.leat.testkit.Awaiting.until;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.leat.BrokerUnavailable;
import dev.leat.Message;
import dev.leat.Payload;
import dev.leat.Position;
import dev.leat.broker.Append;
import dev.leat.broker.Capability;
import dev.leat.broker.Delivery;
import dev.leat.broker.Entry;
import dev.leat.broker.Subscription;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * What every broker promises. A broker passes with a subclass that opens it; an ability that it
 * lacks is asserted to be refused by name, not skipped.
 *
 * <p>Each test has a topic of its own, so that a shared server need not be emptied between them.
 */
public abstract class BrokerContract extends GroupContract {
  /** For subclasses. */
  protected BrokerContract() {}

  // Reading along

  @Test
  void a_tail_from_the_start_sees_what_was_and_what_comes() {
    append(numbers(5));
    List<String> seen = tail(Position.START);
    append(List.of("5", "6"));

    until("all are seen", () -> seen.size() >= 7);
    assertThat(seen).isEqualTo(numbers(7));
  }

  @Test
  void a_tail_from_now_sees_what_comes() {
    append(numbers(5));
    List<String> seen = tail(Position.NOW);
    append(List.of("5", "6"));

    until("all are seen", () -> seen.size() >= 2);
    assertThat(seen).containsExactly("5", "6");
  }

  @Test
  void a_tail_from_an_entry_sees_what_stands_behind_it() {
    List<String> entryIds = append(numbers(10));
    List<String> seen = tail(Position.after(entryIds.get(6)));

    until("all are seen", () -> seen.size() >= 3);
    assertThat(seen).containsExactly("7", "8", "9");
  }

  @Test
  void every_tail_sees_everything_and_takes_nothing_from_the_groups() {
    List<String> one = tail(Position.START);
    List<String> two = tail(Position.START);
    Inbox inbox = join("workers");
    append(numbers(50));

    until("both have seen it", () -> one.size() >= 50 && two.size() >= 50);
    inbox.await(50);
    assertThat(one).isEqualTo(numbers(50));
    assertThat(two).isEqualTo(numbers(50));
  }

  @Test
  void a_range_reads_page_by_page() {
    append(numbers(25));
    List<String> read = new ArrayList<>();
    Position from = Position.START;
    List<Entry> page = result(broker.range(topic.incoming(), from, 10));
    while (!page.isEmpty()) {
      assertThat(page).hasSizeLessThanOrEqualTo(10);
      page.forEach(entry -> read.add(entry.message().payload().asText()));
      from = Position.after(page.getLast().id());
      page = result(broker.range(topic.incoming(), from, 10));
    }

    assertThat(read).isEqualTo(numbers(25));
  }

  @Test
  void a_stream_that_nobody_wrote_to_is_empty() {
    assertThat(result(broker.range(topic.incoming(), Position.START, 10))).isEmpty();
    assertThat(health().length()).isZero();
    assertThat(health().groups()).isEmpty();
    assertThat(result(broker.trim(topic.incoming(), 0))).isZero();
  }

  @Test
  void whoever_throws_an_error_at_what_it_reads_stops_nobody_else() {
    List<String> texts = IntStream.range(0, 300).mapToObj(i -> "" + i).toList();
    AtomicInteger thrown = new AtomicInteger();
    Subscription broken =
        broker.tail(
            topic.incoming(),
            Position.START,
            batch -> {
              thrown.incrementAndGet();
              throw new StackOverflowError("a reader's own");
            });
    broken.request(Integer.MAX_VALUE);
    result(broken.ready());
    List<String> other = tail(Position.START);
    append(texts.subList(0, 100));
    until("it has thrown", () -> thrown.get() > 0);
    append(texts.subList(100, 300));

    until("the other has read all", () -> other.size() == 300);
    assertThat(other).isEqualTo(texts);
    assertThat(join("workers").await(300)).hasSize(300);
  }

  // Health and trimming

  @Test
  void health_tells_what_waits_and_what_is_under_way() {
    append(numbers(10));
    Inbox inbox = new Inbox();
    broker.subscribe(member("workers", "m"), inbox).request(4);
    List<Delivery> held = inbox.await(4);
    result(held.getFirst().complete(List.of()));

    until("one is completed", () -> group("workers").pending() == 3);
    assertThat(health().length()).isEqualTo(10);
    assertThat(group("workers").members()).isEqualTo(1);
    if (offers(Capability.EXACT_BACKLOG)) {
      assertThat(group("workers").backlog()).hasValue(6);
    } else {
      assertThat(group("workers").backlog()).isEmpty();
    }
  }

  @Test
  void trimming_never_removes_what_a_group_has_not_completed() {
    append(numbers(100));
    Inbox fast = join("fast");
    fast.await(100).forEach(delivery -> result(delivery.complete(List.of())));
    Inbox slow = new Inbox();
    broker.subscribe(member("slow", "m"), slow).request(40);
    List<Delivery> held = slow.await(40);
    held.subList(0, 30).forEach(delivery -> result(delivery.complete(List.of())));

    result(broker.trim(topic.incoming(), 0));

    List<String> left =
        result(broker.range(topic.incoming(), Position.START, 1000)).stream()
            .map(entry -> entry.message().payload().asText())
            .toList();
    assertThat(left).containsAll(numbers(100).subList(30, 100));
  }

  @Test
  void trimming_removes_what_is_completed_and_keeps_as_many_as_asked() {
    append(numbers(100));
    join("workers").await(100).forEach(delivery -> result(delivery.complete(List.of())));

    assertThat(result(broker.trim(topic.incoming(), 10))).isEqualTo(90);
    assertThat(health().length()).isEqualTo(10);
    assertThat(result(broker.range(topic.incoming(), Position.START, 1)).getFirst().message())
        .extracting(message -> message.payload().asText())
        .isEqualTo("90");
  }

  @Test
  void trimming_what_no_group_reads_keeps_the_latest() {
    append(numbers(100));

    assertThat(result(broker.trim(topic.incoming(), 10))).isEqualTo(90);
    assertThat(result(broker.range(topic.incoming(), Position.START, 1)).getFirst().message())
        .extracting(message -> message.payload().asText())
        .isEqualTo("90");
  }

  // Moving

  @Test
  void an_entry_is_moved_once_and_whole() {
    List<String> entryIds = append(numbers(5));
    Message again = message(Payload.text("again"));
    Append to = new Append(topic.deadLetters(), again);

    assertThat(result(broker.move(topic.incoming(), entryIds.get(2), to))).isTrue();
    assertThat(result(broker.move(topic.incoming(), entryIds.get(2), to))).isFalse();
    assertThat(result(broker.move(topic.incoming(), "1-1", to))).isFalse();

    assertThat(
            result(broker.range(topic.incoming(), Position.START, 10)).stream()
                .map(entry -> entry.message().payload().asText()))
        .containsExactly("0", "1", "3", "4");
    assertThat(health().length()).isEqualTo(4);
    assertThat(
            result(broker.range(topic.deadLetters(), Position.START, 10)).stream()
                .map(Entry::message))
        .containsExactly(again);
    List<String> seen = tail(Position.START);
    Inbox inbox = join("workers");
    inbox.await(4);
    until("the tail has seen it", () -> seen.size() >= 4);
    assertThat(seen).containsExactly("0", "1", "3", "4");
    assertThat(inbox.texts()).containsExactly("0", "1", "3", "4");
  }

  // The end

  @Test
  void a_closed_broker_says_so() {
    broker.close();

    assertThatThrownBy(() -> append(List.of("x"))).isInstanceOf(BrokerUnavailable.class);
    assertThatThrownBy(() -> health()).isInstanceOf(BrokerUnavailable.class);
    broker.close();
  }
}
