package dev.leat.testkit;

import static dev.leat.testkit.Awaiting.result;
import static dev.leat.testkit.Awaiting.until;
import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.Headers;
import dev.leat.Message;
import dev.leat.Payload;
import dev.leat.Position;
import dev.leat.broker.Append;
import dev.leat.broker.Capability;
import dev.leat.broker.Delivery;
import dev.leat.broker.GroupCensus;
import dev.leat.broker.GroupHealth;
import dev.leat.broker.OpenMessage;
import dev.leat.broker.StreamCensus;
import dev.leat.broker.Subscription;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What a broker knows of each message that is open. */
abstract class CensusContract extends GroupContract {
  private static final Duration HOUR = Duration.ofHours(1);

  @Test
  void a_census_tells_how_each_message_stands() {
    List<String> entries = append(numbers(10));
    Inbox inbox = new Inbox();
    broker.subscribe(member("workers", "m"), inbox).request(4);
    List<Delivery> held = inbox.await(4);
    assertThat(result(held.get(0).complete(List.of()))).isTrue();
    result(
        held.get(1)
            .release(
                broker.limits().longestDelay().compareTo(HOUR) < 0
                    ? Duration.ofMinutes(10)
                    : HOUR));
    if (!offers(Capability.CENSUS, () -> open("workers"))) {
      until("what is known is right", () -> census("workers").unfinished().orElse(0) == 9);
      assertThat(census("workers").delayed()).isEmpty();
      assertThat(census("workers").members()).isEmpty();
      return;
    }
    awaitCensus(
        () ->
            census("workers").unfinished().orElse(0) == 9
                && census("workers").delayed().orElse(0) == 1
                && census("workers").running().orElse(0) == 2);
    GroupCensus group = census("workers");
    assertThat(group.unfinished()).hasValue(9);
    assertThat(group.waiting()).hasValue(6);
    assertThat(group.running()).hasValue(2);
    assertThat(group.delayed()).hasValue(1);
    assertThat(group.heldBack()).hasValue(0);
    assertThat(group.abandoned()).hasValue(0);
    assertThat(group.answers()).isTrue();
    assertThat(group.members()).containsExactly(new GroupCensus.Holder("m", true, 2));
    List<OpenMessage> open = open("workers");
    List<String> left = new ArrayList<>(entries);
    left.remove(held.get(0).entryId());
    assertEntries(open, left);
    OpenMessage delayed = entry(open, held.get(1).entryId());
    assertThat(delayed.state()).isEqualTo(OpenMessage.State.DELAYED);
    assertThat(delayed.due().orElseThrow()).isAfter(census().at().plusSeconds(500));
    OpenMessage running = entry(open, held.get(2).entryId());
    assertThat(running.state()).isEqualTo(OpenMessage.State.RUNNING);
    assertThat(running.member()).contains("m");
    assertThat(running.attempt()).isEqualTo(1);
    held.forEach(one -> left.remove(one.entryId()));
    OpenMessage waiting = entry(open, left.getFirst());
    assertThat(waiting.state()).isEqualTo(OpenMessage.State.WAITING);
    assertThat(waiting.attempt()).isZero();
    assertThat(waiting.member()).isEmpty();
    assertThat(group.oldest()).contains(open.getFirst().acceptedAt());
    assertThat(group.oldestWaiting())
        .contains(
            left.stream()
                .map(id -> entry(open, id).acceptedAt())
                .min(Comparator.naturalOrder())
                .orElseThrow());
    assertThat(census().length().orElseThrow()).isBetween(9L, 10L);
    assertThat(census().appended().orElse(10)).isEqualTo(10);
  }

  @Test
  void what_is_open_is_told_with_its_headers_and_without_its_payload() {
    Message sent =
        message(Payload.text("secret"))
            .withHeaders(Headers.NONE.with("http.method", "GET").with("http.path", "/a"));
    append(new Append(topic.incoming(), sent));
    if (!offers(Capability.CENSUS, () -> open(""))) {
      return;
    }
    OpenMessage open = open("").getFirst();
    assertThat(open.message().id()).isEqualTo(sent.id());
    assertThat(open.message().type()).isEqualTo(sent.type());
    assertThat(open.message().headers()).isEqualTo(sent.headers());
    assertThat(open.message().payload().size()).isZero();
    assertThat(census().groups()).isEmpty();
    assertThat(census().oldest()).contains(open.acceptedAt());
  }

  @Test
  void what_is_open_is_read_page_by_page_and_each_once() {
    if (!offers(Capability.CENSUS, () -> open(""))) {
      return;
    }
    List<String> entries = append(numbers(1_100));
    Inbox inbox = new Inbox();
    broker.subscribe(member("workers", "m"), inbox).request(600);
    List<Delivery> held = inbox.await(600);
    IntStream.range(0, 300).forEach(i -> result(held.get(2 * i).complete(List.of())));
    List<String> left = new ArrayList<>(entries);
    left.removeAll(IntStream.range(0, 300).mapToObj(i -> held.get(2 * i).entryId()).toList());

    awaitCensus(() -> census("workers").unfinished().orElse(0) == left.size());
    assertEntries(open("workers"), left);
    assertThat(open("")).extracting(OpenMessage::entryId).containsAll(left);
    assertThat(open("others")).isEmpty();
    OpenMessage last = open("workers").getLast();
    // All may have come within one millisecond, and are more than a page.
    assertThat(open("workers", Position.at(last.acceptedAt())))
        .extracting(OpenMessage::entryId)
        .endsWith(last.entryId());
    assertThat(
            result(
                broker.open(topic, "workers", Position.at(last.acceptedAt().plusMillis(1)), 1_000)))
        .isEmpty();
  }

  @Test
  void what_waits_for_another_of_its_key_is_held_back() {
    if (!offers(Capability.CENSUS, () -> open("")) || !offers(Capability.KEY_ORDER)) {
      return;
    }
    for (String key : List.of("a", "a", "b", "a", "a")) {
      append(message(Payload.text(key)).withHeaders(Headers.NONE.with(Headers.KEY, key)));
    }
    Inbox inbox = new Inbox();
    Subscription subscription = broker.subscribe(member("workers", "m").inOrder(), inbox);
    subscription.request(100);
    inbox.await(2);
    until("the others are passed over", () -> census("workers").heldBack().orElseThrow() == 3);
    awaitCensus(() -> census("workers").running().orElseThrow() == 2);

    GroupCensus group = census("workers");
    assertThat(group.running()).hasValue(2);
    assertThat(group.waiting()).hasValue(0);
    assertThat(group.members()).containsExactly(new GroupCensus.Holder("m", true, 2));
    assertThat(open("workers"))
        .extracting(OpenMessage::state)
        .containsExactly(
            OpenMessage.State.RUNNING,
            OpenMessage.State.HELD_BACK,
            OpenMessage.State.RUNNING,
            OpenMessage.State.HELD_BACK,
            OpenMessage.State.HELD_BACK);
    assertThat(open("workers").get(1).member()).isEmpty();
    assertThat(group.oldestWaiting()).contains(open("workers").get(1).acceptedAt());
  }

  @Test
  void nothing_is_open_where_nothing_was_sent_and_where_all_is_done() {
    if (!offers(Capability.CENSUS, () -> open(""))) {
      return;
    }
    assertThat(open("")).isEmpty();
    assertThat(census().groups()).isEmpty();
    assertThat(census().oldest()).isEmpty();

    append(numbers(20));
    join("workers").await(20).forEach(delivery -> result(delivery.complete(List.of())));
    awaitCensus(() -> census("workers").unfinished().orElseThrow() == 0);
    assertThat(open("workers")).isEmpty();
    GroupCensus group = census("workers");
    assertThat(group.unfinished()).hasValue(0);
    assertThat(group.oldest()).isEmpty();
    assertThat(group.oldestWaiting()).isEmpty();
    GroupHealth health = group("workers");
    assertThat(group.unfinished()).isEqualTo(health.unfinished());
  }

  private static OpenMessage entry(List<OpenMessage> open, String id) {
    return open.stream().filter(one -> one.entryId().equals(id)).findFirst().orElseThrow();
  }

  /** Each once; and in the order in which they were sent, if the broker has one. */
  private void assertEntries(List<OpenMessage> open, List<String> entries) {
    if (broker.capabilities().contains(Capability.STREAM_ORDER)) {
      assertThat(open).extracting(OpenMessage::entryId).isEqualTo(entries);
    } else {
      assertThat(open)
          .extracting(OpenMessage::entryId)
          .containsExactlyInAnyOrderElementsOf(entries);
      assertThat(open).extracting(OpenMessage::acceptedAt).isSorted();
    }
  }

  /** One that does not know at once what is done is right a moment later. */
  private void awaitCensus(Callable<Boolean> right) {
    if (!broker.capabilities().contains(Capability.EXACT_BACKLOG)) {
      until("the census is of now", right);
    }
  }

  private StreamCensus census() {
    return result(broker.census(topic));
  }

  private GroupCensus census(String group) {
    return census().groups().stream()
        .filter(one -> one.group().equals(group))
        .findFirst()
        .orElseThrow();
  }

  private List<OpenMessage> open(String group) {
    return open(group, Position.START);
  }

  private List<OpenMessage> open(String group, Position begin) {
    List<OpenMessage> all = new ArrayList<>();
    Position from = begin;
    while (true) {
      List<OpenMessage> page = result(broker.open(topic, group, from, 70));
      if (page.isEmpty()) {
        return all;
      }
      all.addAll(page);
      from = Position.after(page.getLast().entryId());
    }
  }
}
