package dev.leat.testkit;

import static dev.leat.testkit.Awaiting.result;
import static dev.leat.testkit.Awaiting.until;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.leat.BrokerUnavailable;
import dev.leat.Message;
import dev.leat.Participant;
import dev.leat.Payload;
import dev.leat.Position;
import dev.leat.Retention;
import dev.leat.StreamRef;
import dev.leat.Topic;
import dev.leat.Unsupported;
import dev.leat.broker.Announcement;
import dev.leat.broker.Append;
import dev.leat.broker.Broker;
import dev.leat.broker.BrokerLimits;
import dev.leat.broker.Cancellation;
import dev.leat.broker.Capability;
import dev.leat.broker.Delivery;
import dev.leat.broker.Entry;
import dev.leat.broker.Membership;
import dev.leat.broker.Subscription;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * What every broker promises. A broker passes with a subclass that opens it; an ability that it
 * lacks is asserted to be refused by name, not skipped.
 *
 * <p>Each test has a topic of its own, so that a shared server need not be emptied between them.
 */
public abstract class BrokerContract extends CensusContract {
  /** For subclasses. */
  protected BrokerContract() {}

  // Reading along

  @Test
  void a_tail_from_the_start_sees_what_was_and_what_comes() {
    if (!offers(Capability.TAIL, () -> tail(Position.START))) {
      return;
    }
    append(numbers(5));
    List<String> seen = tail(Position.START);
    append(List.of("5", "6"));

    until("all are seen", () -> seen.size() >= 7);
    assertTexts(seen, numbers(7));
  }

  @Test
  void a_tail_from_now_sees_what_comes() {
    if (!offers(Capability.TAIL, () -> tail(Position.START))) {
      return;
    }
    append(numbers(5));
    List<String> seen = tail(Position.NOW);
    append(List.of("5", "6"));

    until("all are seen", () -> seen.size() >= 2);
    assertTexts(seen, List.of("5", "6"));
  }

  @Test
  void a_tail_from_an_entry_sees_what_stands_behind_it() {
    if (!offers(Capability.TAIL, () -> tail(Position.START))) {
      return;
    }
    List<String> entryIds = append(numbers(10));
    Position from = Position.after(entryIds.get(6));
    List<String> seen = tail(from);
    List<String> behind =
        offers(Capability.STREAM_ORDER)
            ? List.of("7", "8", "9")
            : result(broker.range(topic.incoming(), from, 10)).stream()
                .map(entry -> entry.message().payload().asText())
                .toList();

    until("all are seen", () -> seen.size() >= behind.size());
    assertTexts(seen, behind);
    assertThat(seen).doesNotContain("6");
  }

  @Test
  void every_tail_sees_everything_and_takes_nothing_from_the_groups() {
    if (!offers(Capability.TAIL, () -> tail(Position.START))) {
      return;
    }
    List<String> one = tail(Position.START);
    List<String> two = tail(Position.START);
    Inbox inbox = join("workers");
    append(numbers(50));

    until("both have seen it", () -> one.size() >= 50 && two.size() >= 50);
    inbox.await(50);
    assertTexts(one, numbers(50));
    assertTexts(two, numbers(50));
  }

  @Test
  void a_range_reads_page_by_page() {
    if (!offers(Capability.RANGE, () -> broker.range(topic.incoming(), Position.START, 1))) {
      return;
    }
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

    assertTexts(read, numbers(25));
  }

  @Test
  void a_range_of_what_is_large_gives_less_at_a_time_and_all_in_the_end() {
    if (!offers(Capability.RANGE, () -> broker.range(topic.incoming(), Position.START, 1))) {
      return;
    }
    // A few small ones first: how large those are that come says nothing.
    append(numbers(9));
    byte[] large = new byte[200_000];
    List<Append> many =
        IntStream.range(0, 60)
            .mapToObj(i -> new Append(topic.incoming(), message(Payload.binary(large))))
            .toList();
    many.forEach(one -> result(broker.append(one)));
    long seen = 0;
    List<Entry> page = result(broker.range(topic.incoming(), Position.START, 100));
    while (!page.isEmpty()) {
      seen += page.size();
      assertThat(page.stream().mapToLong(entry -> entry.message().payload().size()).sum())
          .isLessThan(Broker.RANGE_BYTES + 32 * 200_000L);
      page = result(broker.range(topic.incoming(), Position.after(page.getLast().id()), 100));
    }
    assertThat(seen).isEqualTo(69);
  }

  @Test
  void a_stream_that_nobody_wrote_to_is_empty() {
    untilLength(topic.incoming(), 0);
    assertThat(health().groups()).isEmpty();
    if (offers(Capability.RANGE)) {
      assertThat(result(broker.range(topic.incoming(), Position.START, 10))).isEmpty();
    }
    if (offers(Capability.TRIM)) {
      assertThat(result(broker.trim(topic.incoming(), 0))).isZero();
    }
  }

  @Test
  void whoever_throws_an_error_at_what_it_reads_stops_nobody_else() {
    if (!offers(Capability.TAIL, () -> tail(Position.START))) {
      return;
    }
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
    assertTexts(other, texts);
    assertThat(join("workers").await(300)).hasSize(300);
  }

  @Test
  void reading_begins_at_a_time() throws InterruptedException {
    if (!offers(
        Capability.TIME_POSITION,
        () -> broker.range(topic.incoming(), Position.at(Instant.EPOCH), 1))) {
      return;
    }
    append(numbers(3));
    List<Entry> before = result(broker.range(topic.incoming(), Position.START, 10));
    Instant last = Instant.ofEpochMilli(before.getLast().at());
    until(
        "the clock has moved on",
        () -> loop.clock().instant().plus(broker.clockAhead()).isAfter(last.plusMillis(20)));
    append(List.of("3", "4"));

    Position from = Position.at(last.plusMillis(1));
    assertThat(result(broker.range(topic.incoming(), from, 10)))
        .extracting(entry -> entry.message().payload().asText())
        .containsExactlyInAnyOrder("3", "4");
    assertThat(result(broker.range(topic.incoming(), Position.at(Instant.EPOCH), 10))).hasSize(5);
    assertThat(result(broker.range(topic.incoming(), Position.at(last.plusSeconds(60)), 10)))
        .isEmpty();
    List<String> seen = tail(from);
    until("the tail has seen them", () -> seen.size() >= 2);
    assertTexts(seen, List.of("3", "4"));
    Inbox inbox = new Inbox();
    broker.subscribe(member("late", "m").withStart(from), inbox).request(10);
    inbox.await(2);
    assertTexts(inbox.texts(), List.of("3", "4"));
  }

  // Cancellation

  @Test
  void what_is_cancelled_is_heard_by_those_who_listen_and_by_those_who_come_later() {
    List<Cancellation> early = new CopyOnWriteArrayList<>();
    if (!offers(Capability.CANCELLATION, () -> broker.cancellations(topic, early::addAll))) {
      return;
    }
    result(broker.cancellations(topic, early::addAll).ready());
    result(onLoop(() -> lane.cancel(topic, Cancellation.of("one", "7-0"))));
    result(onLoop(() -> lane.cancel(Topic.of(topic + "-other"), Cancellation.of("two", ""))));
    result(onLoop(() -> lane.cancel(topic, Cancellation.of("three", ""))));
    until("both are heard", () -> early.size() == 2);
    List<Cancellation> late = new CopyOnWriteArrayList<>();
    broker.cancellations(topic, late::addAll);

    until("they are heard later too", () -> late.size() == 2);
    assertThat(late).isEqualTo(early);
    assertThat(late).extracting(Cancellation::messageId).containsExactly("one", "three");
    assertThat(late).extracting(Cancellation::entryId).containsExactly("7-0", "");
    assertThat(late)
        .allSatisfy(
            one -> assertThat(one.at()).isAfter(loop.clock().instant().minusSeconds(3_600)));
  }

  // Addresses

  @Test
  void replies_go_to_lanes_and_shared_replies_alone() {
    assertThat(broker.isForReplies(lane.replyAddress(topic))).isTrue();
    assertThat(broker.isForReplies(broker.addressOf(topic.sharedReplies()))).isTrue();
    assertThat(broker.isForReplies(broker.addressOf(topic.incoming()))).isFalse();
    assertThat(broker.isForReplies(broker.addressOf(topic.deadLetters()))).isFalse();
    assertThat(broker.isForReplies("")).isFalse();
  }

  @Test
  void what_an_address_names_is_the_stream_itself() {
    append(
        new Append(
            new StreamRef.At(broker.addressOf(topic.incoming())), message(Payload.text("x"))));

    assertThat(join("workers").await(1)).hasSize(1);
  }

  @Test
  void a_broker_that_is_there_answers() {
    result(broker.ping());
  }

  // Who is there

  @Test
  void who_takes_part_is_known_until_it_leaves() {
    Participant.Member first = participant("m-1", Map.of());
    if (!offers(Capability.PARTICIPANTS, () -> broker.announce(() -> first))) {
      assertThatThrownBy(() -> result(broker.participants())).hasMessageContaining("PARTICIPANTS");
      return;
    }
    AtomicReference<Participant> second =
        new AtomicReference<>(participant("m-2", Map.of("order.create", "Order")));
    Participant.Gateway gateway =
        new Participant.Gateway(
            topic.name(),
            first.since(),
            "",
            List.of(new Participant.Served("GET", "/orders/{id}", topic, "order.get")));
    Announcement leaving = broker.announce(() -> first);
    broker.announce(second::get);
    broker.announce(() -> gateway);
    until("all are known", () -> takePart().size() == 3);
    assertThat(takePart()).containsExactlyInAnyOrder(first, second.get(), gateway);

    leaving.close();
    leaving.close();
    second.set(participant("m-2", Map.of("order.create", "Order", "order.drop", "String")));
    until("what it says changes", () -> takePart().contains(second.get()));
    assertThat(takePart()).containsExactlyInAnyOrder(second.get(), gateway);
  }

  private Participant.Member participant(String name, Map<String, String> types) {
    Instant since = loop.wallClock().instant().truncatedTo(ChronoUnit.MILLIS);
    return new Participant.Member(topic, "workers", name, since, "1.2", types);
  }

  /** Of this test's topic. */
  private List<Participant> takePart() {
    return result(broker.participants()).stream().filter(this::isOfThisTopic).toList();
  }

  private boolean isOfThisTopic(Participant participant) {
    return switch (participant) {
      case Participant.Member member -> member.topic().equals(topic);
      case Participant.Gateway gateway -> gateway.name().equals(topic.name());
    };
  }

  // Limits

  @Test
  void a_lease_beyond_its_limits_is_refused_by_name() {
    BrokerLimits limits = broker.limits();
    assertThat(limits.refusedLease(limits.shortestLease())).isEmpty();
    if (limits.shortestLease().compareTo(Duration.ofMillis(1)) > 0) {
      Membership hasty = member("workers", "m").withLease(limits.shortestLease().dividedBy(2));
      assertThatThrownBy(() -> broker.subscribe(hasty, new Inbox()))
          .isInstanceOf(Unsupported.class)
          .hasMessageContaining("too short");
    }
    assertThat(limits.deliveries()).isGreaterThanOrEqualTo(3);
    assertThat(limits.largestMessage()).isGreaterThanOrEqualTo(64 << 10);
  }

  @Test
  void order_by_key_is_kept_or_refused_by_name() {
    Membership ordered = member("workers", "m").inOrder();
    Inbox inbox = new Inbox();
    if (offers(Capability.KEY_ORDER, () -> broker.subscribe(ordered, inbox))) {
      broker.subscribe(ordered, inbox).request(10);
      append(List.of("x"));
      inbox.await(1);
    }
  }

  // Health and trimming

  @Test
  void health_tells_what_waits_and_what_is_under_way() {
    append(numbers(10));
    Inbox inbox = new Inbox();
    broker.subscribe(member("workers", "m"), inbox).request(4);
    List<Delivery> held = inbox.await(4);
    result(held.getFirst().complete(List.of()));

    if (!offers(Capability.EXACT_BACKLOG)) {
      until("one is completed", () -> group("workers").unfinished().orElse(9) == 9);
      return;
    }
    until("one is completed", () -> group("workers").pending().orElseThrow() == 3);
    assertThat(health().length()).hasValue(10);
    assertThat(group("workers").members()).hasValue(1);
    assertThat(group("workers").backlog()).hasValue(6);
    assertThat(group("workers").unfinished()).hasValue(9);
  }

  @Test
  void trimming_never_removes_what_a_group_has_not_completed() {
    if (!offers(Capability.TRIM, () -> broker.trim(topic.incoming(), 0))) {
      return;
    }
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
    if (!offers(Capability.TRIM, () -> broker.trim(topic.incoming(), 0))) {
      return;
    }
    append(numbers(100));
    join("workers").await(100).forEach(delivery -> result(delivery.complete(List.of())));

    if (!offers(Capability.STREAM_ORDER)) {
      // Each partition for itself.
      untilNothingIsUnfinished("workers");
      assertThat(result(broker.trim(topic.incoming(), 10))).isBetween(75L, 90L);
      return;
    }
    assertThat(result(broker.trim(topic.incoming(), 10))).isEqualTo(90);
    assertThat(health().length()).hasValue(10);
    assertThat(result(broker.range(topic.incoming(), Position.START, 1)).getFirst().message())
        .extracting(message -> message.payload().asText())
        .isEqualTo("90");
  }

  @Test
  void a_topic_keeps_what_is_completed_for_as_long_as_is_said() {
    StreamRef.OfTopic stream = topic.incoming();
    if (!offers(Capability.TOPIC_RETENTION, () -> broker.retain(stream, Retention.DEFAULT))) {
      return;
    }
    result(broker.retain(stream, new Retention(Duration.ofHours(1), Retention.DEFAULT.bytes())));
    append(numbers(2_000));
    Inbox held = join("workers");
    List<Delivery> all = held.await(2_000);
    all.subList(0, 1_990).forEach(delivery -> result(delivery.complete(List.of())));
    result(broker.tidy(stream));
    assertThat(result(broker.range(stream, Position.START, 3_000))).hasSize(2_000);

    result(broker.retain(stream, new Retention(Duration.ZERO, Retention.DEFAULT.bytes())));
    until(
        "it is gone",
        () -> {
          result(broker.tidy(stream));
          return result(broker.range(stream, Position.START, 3_000)).size() == 10;
        });
  }

  @Test
  void a_topic_keeps_its_dead_letters_for_as_long_as_is_said_but_for_the_latest() {
    StreamRef.OfTopic letters = topic.deadLetters();
    Retention none = new Retention(Duration.ZERO, Retention.DEFAULT.bytes());
    if (!offers(Capability.TOPIC_RETENTION, () -> broker.retain(letters, none))) {
      return;
    }
    for (int i = 0; i < 20; i++) {
      append(new Append(letters, message(Payload.text("x"))));
    }
    result(broker.tidy(topic.incoming()));
    assertThat(result(broker.range(letters, Position.START, 100))).hasSize(20);

    result(broker.retain(letters, none));
    until(
        "the latest is left",
        () -> {
          // Who sweeps a topic sweeps what was given up of it.
          append(message(Payload.text("x")));
          result(broker.tidy(topic.incoming()));
          result(broker.tidy(letters));
          return result(broker.range(letters, Position.START, 100)).size() == 1;
        });
  }

  @Test
  void trimming_what_no_group_reads_keeps_the_latest() {
    if (!offers(Capability.TRIM, () -> broker.trim(topic.incoming(), 0))) {
      return;
    }
    append(numbers(100));

    if (!offers(Capability.STREAM_ORDER)) {
      assertThat(result(broker.trim(topic.incoming(), 10))).isBetween(75L, 90L);
      return;
    }
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
    if (!offers(Capability.MOVE, () -> broker.move(topic.incoming(), entryIds.getFirst(), to))
        || !offers(
            Capability.EXACT_BACKLOG,
            () -> broker.move(topic.incoming(), entryIds.getFirst(), to))) {
      return;
    }

    assertThat(result(broker.move(topic.incoming(), entryIds.get(2), to))).isTrue();
    assertThat(result(broker.move(topic.incoming(), entryIds.get(2), to))).isFalse();

    assertThat(
            result(broker.range(topic.incoming(), Position.START, 10)).stream()
                .map(entry -> entry.message().payload().asText()))
        .containsExactly("0", "1", "3", "4");
    assertThat(health().length()).hasValue(4);
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

  @Test
  void a_dead_letter_is_moved_once_and_whole() {
    StreamRef letters = topic.deadLetters();
    List<String> entryIds = new ArrayList<>();
    for (String number : numbers(5)) {
      entryIds.addAll(append(new Append(letters, message(Payload.text(number)))));
    }
    Message again = message(Payload.text("again"));
    Append to = new Append(topic.incoming(), again);
    if (!offers(Capability.MOVE, () -> broker.move(letters, entryIds.getFirst(), to))) {
      return;
    }

    assertThat(result(broker.move(letters, entryIds.get(2), to))).isTrue();
    assertThat(result(broker.move(letters, entryIds.get(2), to))).isFalse();
    List<Message> both =
        List.of(message(Payload.text("again 1")), message(Payload.text("again 2")));
    List<CompletionStage<Boolean>> asked = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      asked.add(
          broker.move(letters, entryIds.get(i % 2), new Append(topic.incoming(), both.get(i % 2))));
    }
    assertThat(asked.stream().map(Awaiting::result).filter(moved -> moved)).hasSize(2);

    assertThat(texts(letters)).containsExactly("3", "4");
    assertThat(result(broker.health(letters)).length()).hasValue(2);
    assertThat(texts(topic.incoming())).containsExactlyInAnyOrder("again", "again 1", "again 2");
    List<String> seen = new CopyOnWriteArrayList<>();
    Subscription tail =
        broker.tail(
            letters,
            Position.START,
            batch -> batch.forEach(one -> seen.add(one.message().payload().asText())));
    tail.request(10);
    until("the tail has seen it", () -> seen.size() >= 2);
    assertThat(seen).containsExactly("3", "4");
    tail.close();
    Inbox inbox = join("workers");
    inbox.await(3);
    assertThat(inbox.texts()).containsExactlyInAnyOrder("again", "again 1", "again 2");
  }

  private List<String> texts(StreamRef stream) {
    return result(broker.range(stream, Position.START, 10)).stream()
        .map(entry -> entry.message().payload().asText())
        .toList();
  }

  @Test
  void an_entry_is_taken_back_only_while_no_group_has_begun_it() {
    List<String> entryIds = append(numbers(5));
    Append to = new Append(topic.deadLetters(), message(Payload.text("back")));
    if (!offers(
            Capability.MOVE, () -> broker.moveUntaken(topic.incoming(), entryIds.getFirst(), to))
        || !offers(
            Capability.EXACT_BACKLOG,
            () -> broker.moveUntaken(topic.incoming(), entryIds.getFirst(), to))) {
      return;
    }
    assertThat(result(broker.moveUntaken(topic.incoming(), entryIds.getFirst(), to))).isTrue();
    Inbox inbox = new Inbox();
    Subscription subscription = broker.subscribe(member("workers", "m"), inbox);
    subscription.request(1);
    inbox.await(1);

    assertThat(result(broker.moveUntaken(topic.incoming(), entryIds.get(1), to))).isFalse();
    assertThat(result(broker.moveUntaken(topic.incoming(), entryIds.get(3), to))).isTrue();
    assertThat(result(broker.moveUntaken(topic.incoming(), entryIds.get(3), to))).isFalse();
    assertThat(group("workers").unfinished()).hasValue(3);
    assertThat(result(broker.census(topic)).groups().getFirst().waiting()).hasValue(2);

    result(inbox.await(1).getFirst().complete(List.of()));
    assertThat(result(broker.moveUntaken(topic.incoming(), entryIds.get(1), to))).isFalse();
    subscription.request(10);
    inbox.await(3);
    assertThat(inbox.texts()).containsExactly("1", "2", "4");
    assertThat(result(broker.range(topic.deadLetters(), Position.START, 10))).hasSize(2);
  }

  // The end

  @Test
  void a_closed_broker_says_so() {
    broker.close();

    assertThatThrownBy(() -> append(List.of("x"))).isInstanceOf(BrokerUnavailable.class);
    assertThatThrownBy(() -> health()).isInstanceOf(BrokerUnavailable.class);
    assertThatThrownBy(() -> result(broker.ping())).isInstanceOf(BrokerUnavailable.class);
    broker.close();
  }
}
