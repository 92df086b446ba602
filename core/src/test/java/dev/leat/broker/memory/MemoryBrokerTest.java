package dev.leat.broker.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.leat.BadConfiguration;
import dev.leat.BadMessage;
import dev.leat.Headers;
import dev.leat.Message;
import dev.leat.Payload;
import dev.leat.Position;
import dev.leat.StreamFull;
import dev.leat.StreamRef;
import dev.leat.Topic;
import dev.leat.broker.Append;
import dev.leat.broker.Broker;
import dev.leat.broker.Brokers;
import dev.leat.broker.Delivery;
import dev.leat.broker.Entry;
import dev.leat.broker.Lane;
import dev.leat.broker.Membership;
import dev.leat.broker.StreamHealth;
import dev.leat.broker.Subscription;
import dev.leat.broker.ThreadLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is the embedded broker's own: its bounds, and what makes room. */
class MemoryBrokerTest {
  private static final Topic TOPIC = Topic.of("t");

  private final ThreadLoop loop = new ThreadLoop("test", true);
  private final MemoryBroker broker = open("memory:?entries=4&bytes=100");
  private final List<Delivery> deliveries = new ArrayList<>();

  @AfterEach
  void close() {
    broker.close();
    loop.close();
  }

  @Test
  void requests_that_wait_for_their_first_worker_are_never_dropped() {
    append("1", "2", "3", "4");

    assertThatThrownBy(() -> append("5"))
        .isInstanceOf(StreamFull.class)
        .hasMessage(
            "stream t::DEFAULT::CONSUMER_INCOMING is full: 4 messages wait in it to be completed");
    assertThat(texts(TOPIC.incoming())).containsExactly("1", "2", "3", "4");
  }

  @Test
  void requests_that_nobody_waits_for_any_more_make_room_and_others_do_not() {
    broker.subscribe(Membership.of(TOPIC, "one", "m"), deliveries::addAll).request(1);
    Headers expired = Headers.of(Headers.DEADLINE, "1000");
    Headers waited = Headers.of(Headers.DEADLINE, Long.toString(Long.MAX_VALUE / 2_000_000));
    append(message("held").withHeaders(expired));
    append(message("2").withHeaders(expired));
    append(message("3").withHeaders(waited));
    append(message("4"));
    append("5");
    assertThat(texts(TOPIC.incoming())).containsExactly("held", "3", "4", "5");
    assertThatThrownBy(() -> append("6")).isInstanceOf(StreamFull.class);

    complete(0);
    append("6");
    assertThatThrownBy(() -> append("7")).isInstanceOf(StreamFull.class);
    assertThat(texts(TOPIC.incoming())).containsExactly("3", "4", "5", "6");

    broker.subscribe(Membership.of(TOPIC, "one", "n"), deliveries::addAll).request(9);
    assertThat(deliveries)
        .extracting(delivery -> delivery.message().id())
        .containsExactly("held", "3", "4", "5", "6");
  }

  @Test
  void of_what_is_appended_together_nothing_is_where_one_stream_is_full() {
    append("1", "2", "3", "4");
    Topic other = Topic.of("other");
    CompletionStage<List<String>> both =
        broker.append(
            List.of(
                new Append(other.incoming(), message("a")),
                new Append(other.incoming(), message("b")),
                new Append(TOPIC.incoming(), message("5"))));

    assertThatThrownBy(() -> both.toCompletableFuture().join())
        .isInstanceOf(CompletionException.class)
        .hasCauseInstanceOf(StreamFull.class);
    assertThat(texts(other.incoming())).isEmpty();
    assertThat(texts(TOPIC.incoming())).containsExactly("1", "2", "3", "4");
    broker.append(List.of(new Append(other.incoming(), message("c"))));
    assertThat(texts(other.incoming())).containsExactly("c");
  }

  @Test
  void replies_of_lanes_that_are_gone_are_kept_up_to_as_many_as_one_lane_keeps() {
    try (MemoryBroker small = open("memory:?history=3")) {
      StreamRef first = laneThatIsTold(small, "one", "a", "b");
      StreamRef second = laneThatIsTold(small, "two", "c");
      assertThat(texts(small, first)).containsExactly("a", "b");
      assertThat(texts(small, second)).containsExactly("c");

      laneThatIsTold(small, "silent");
      StreamRef third = laneThatIsTold(small, "three", "d");
      assertThat(texts(small, first)).isEmpty();
      assertThat(texts(small, second)).containsExactly("c");
      assertThat(texts(small, third)).containsExactly("d");

      assertThat(append(small, new Append(third, message("late")))).containsExactly("");
      assertThat(texts(small, third)).containsExactly("d");
      laneThatIsTold(small, "three", "e");
      assertThat(texts(small, third)).containsExactly("e");
    }
  }

  @Test
  void replies_of_lanes_that_are_gone_are_no_more_bytes_than_a_stream_may_hold() {
    try (MemoryBroker small = open("memory:?bytes=10")) {
      StreamRef first = laneThatIsTold(small, "one", "1234");
      StreamRef second = laneThatIsTold(small, "two", "567890");
      assertThat(texts(small, first)).containsExactly("1234");
      StreamRef third = laneThatIsTold(small, "three", "x");
      assertThat(texts(small, first)).isEmpty();
      assertThat(texts(small, second)).containsExactly("567890");
      assertThat(texts(small, third)).containsExactly("x");
    }
  }

  private StreamRef laneThatIsTold(MemoryBroker told, String name, String... replies) {
    Lane lane = told.openLane(loop, name, batch -> {});
    StreamRef stream = new StreamRef.At(lane.replyAddress(TOPIC));
    for (String reply : replies) {
      append(told, new Append(stream, message(reply)));
    }
    lane.close();
    return stream;
  }

  private static List<String> append(MemoryBroker to, Append append) {
    return to.append(List.of(append)).toCompletableFuture().join();
  }

  @Test
  void whoever_throws_an_error_at_what_it_is_handed_stops_nobody_else() {
    broker
        .subscribe(
            Membership.of(TOPIC, "broken", "m"),
            batch -> {
              throw new StackOverflowError("a subscriber's own");
            })
        .request(9);
    broker.subscribe(Membership.of(TOPIC, "one", "m"), deliveries::addAll).request(9);
    append("1");
    append("2");

    assertThat(deliveries)
        .extracting(delivery -> delivery.message().id())
        .containsExactly("1", "2");
  }

  @Test
  void what_a_group_has_completed_makes_room_and_what_it_holds_does_not() {
    join("one");
    append("1", "2", "3", "4");
    assertThatThrownBy(() -> append("5")).isInstanceOf(StreamFull.class);

    complete(1);
    append("5");
    assertThat(texts(TOPIC.incoming())).containsExactly("1", "3", "4", "5");
    assertThatThrownBy(() -> append("6")).isInstanceOf(StreamFull.class);
    complete(0);
    append("6");

    assertThat(texts(TOPIC.incoming())).containsExactly("3", "4", "5", "6");
  }

  @Test
  void what_waits_for_long_keeps_nothing_that_came_after_it_and_is_there_all_the_same() {
    try (MemoryBroker large = open("memory:?entries=400&history=20")) {
      Subscription member = large.subscribe(Membership.of(TOPIC, "one", "m"), deliveries::addAll);
      List<String> late = new ArrayList<>();
      for (int i = 0; i < 3_000; i++) {
        String text = Integer.toString(i);
        var unused = large.append(List.of(new Append(TOPIC.incoming(), message(text))));
        member.request(1);
        Delivery taken = deliveries.removeFirst();
        assertThat(taken.message().id()).isEqualTo(text);
        if (i % 1_000 == 0) {
          late.add(taken.entryId());
          result(taken.release(Duration.ofHours(1)));
        } else {
          assertThat(result(taken.complete(List.of()))).isTrue();
        }
      }

      StreamHealth health = result(large.health(TOPIC.incoming()));
      assertThat(health.length().orElseThrow()).isLessThan(250);
      assertThat(health.groups().getFirst().pending()).hasValue(3);
      List<String> seen = new ArrayList<>();
      large
          .tail(TOPIC.incoming(), Position.START, batch -> batch.forEach(one -> seen.add(one.id())))
          .request(9_999);
      assertThat(seen).startsWith(late.toArray(new String[0])).doesNotHaveDuplicates();
      assertThat(seen.stream().map(EntryId::parse).toList()).isSorted();
      List<Entry> behindFirst =
          result(large.range(TOPIC.incoming(), Position.after(late.getFirst()), 2));
      assertThat(behindFirst).extracting(Entry::id).isEqualTo(late.subList(1, 3));
      assertThat(result(large.untaken(TOPIC.incoming(), late))).isEmpty();
      assertThat(
              result(
                  large.move(
                      TOPIC.incoming(),
                      late.get(1),
                      new Append(TOPIC.deadLetters(), message("moved")))))
          .isTrue();
      assertThat(result(large.range(TOPIC.incoming(), Position.START, 2)))
          .extracting(Entry::id)
          .containsExactly(late.get(0), late.get(2));
    }
  }

  @Test
  void of_what_is_completed_only_the_history_is_kept_and_open_readers_still_see_it() {
    try (MemoryBroker short2 = open("memory:?history=2")) {
      List<Delivery> held = new ArrayList<>();
      List<String> seen = new ArrayList<>();
      short2.subscribe(Membership.of(TOPIC, "one", "m"), held::addAll).request(100);
      var tail =
          short2.tail(
              TOPIC.incoming(),
              Position.START,
              batch -> batch.forEach(entry -> seen.add(entry.message().id())));
      for (int i = 0; i < 10; i++) {
        result(short2.append(List.of(new Append(TOPIC.incoming(), message("" + i)))));
        result(held.getLast().complete(List.of()));
      }
      assertThat(result(short2.health(TOPIC.incoming())).length()).hasValue(10);

      tail.request(100);
      result(short2.append(List.of(new Append(TOPIC.incoming(), message("10")))));
      result(held.getLast().complete(List.of()));
      result(short2.append(List.of(new Append(TOPIC.incoming(), message("11")))));

      assertThat(seen).hasSize(12);
      assertThat(result(short2.health(TOPIC.incoming())).length()).hasValue(2);
    }
  }

  @Test
  void the_slowest_of_several_groups_says_what_may_go() {
    join("fast");
    broker.subscribe(Membership.of(TOPIC, "slow", "m"), batch -> {}).request(1);
    append("1", "2", "3", "4");
    for (int i = 0; i < 4; i++) {
      complete(i);
    }

    assertThatThrownBy(() -> append("5")).isInstanceOf(StreamFull.class);
  }

  @Test
  void a_stream_that_no_group_reads_keeps_the_latest() {
    for (String text : List.of("1", "2", "3", "4", "5", "6")) {
      result(broker.append(List.of(new Append(TOPIC.sharedReplies(), message(text)))));
    }

    assertThat(texts(TOPIC.sharedReplies())).containsExactly("3", "4", "5", "6");
  }

  @Test
  void bytes_are_bounded_as_entries_are() {
    join("one");
    append("x".repeat(60), "y".repeat(40));
    assertThatThrownBy(() -> append("z")).isInstanceOf(StreamFull.class);
    complete(0);
    append("z".repeat(60));
    assertThat(texts(TOPIC.incoming())).containsExactly("y".repeat(40), "z".repeat(60));
    assertThatThrownBy(() -> append("x".repeat(101)))
        .isInstanceOf(BadMessage.class)
        .hasMessageContaining("101 bytes");
  }

  @Test
  void a_completion_whose_reply_cannot_stand_leaves_the_message_with_its_holder() {
    join("one");
    append("1");
    Append tooLarge = new Append(new StreamRef.At("elsewhere"), message("x".repeat(101)));

    assertThatThrownBy(() -> result(deliveries.getFirst().complete(List.of(tooLarge))))
        .isInstanceOf(BadMessage.class);
    assertThat(result(deliveries.getFirst().complete(List.of()))).isTrue();
  }

  @Test
  void a_range_from_an_entry_that_is_gone_begins_with_what_is_left() {
    List<String> ids = new ArrayList<>();
    for (String text : List.of("1", "2", "3", "4", "5", "6")) {
      ids.addAll(result(broker.append(List.of(new Append(TOPIC.sharedReplies(), message(text))))));
    }

    assertThat(result(broker.range(TOPIC.sharedReplies(), Position.after(ids.getFirst()), 1)))
        .extracting(entry -> entry.message().payload().asText())
        .containsExactly("3");
    assertThatThrownBy(() -> result(broker.range(TOPIC.sharedReplies(), Position.after("x"), 1)))
        .isInstanceOf(BadMessage.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "entries=0",
        "entries=x",
        "bytes=-1",
        "entries=",
        "entries=99999999999",
        "history=-1"
      })
  void a_bound_that_is_no_number_is_refused_by_name(String option) {
    assertThatThrownBy(() -> open("memory:?" + option))
        .isInstanceOf(BadConfiguration.class)
        .hasMessageContaining("is a number from");
  }

  @Test
  void looking_at_a_stream_does_not_bring_it_into_being() {
    StreamRef nowhere = new StreamRef.At("nowhere");
    result(broker.health(nowhere));

    assertThat(result(broker.trim(nowhere, 0))).isZero();
    assertThat(result(broker.range(nowhere, Position.START, 1))).isEmpty();
  }

  private void join(String group) {
    broker.subscribe(Membership.of(TOPIC, group, "m"), deliveries::addAll).request(100);
  }

  private void complete(int index) {
    assertThat(result(deliveries.get(index).complete(List.of()))).isTrue();
  }

  private void append(String... texts) {
    List.of(texts).forEach(text -> append(message(text)));
  }

  private void append(Message message) {
    result(broker.append(List.of(new Append(TOPIC.incoming(), message))));
  }

  private List<String> texts(StreamRef stream) {
    return texts(broker, stream);
  }

  private static List<String> texts(Broker at, StreamRef stream) {
    return result(at.range(stream, Position.START, 100)).stream()
        .map(entry -> entry.message().payload().asText())
        .toList();
  }

  private MemoryBroker open(String url) {
    Broker opened = Brokers.open(url, loop);
    return (MemoryBroker) opened;
  }

  private static Message message(String text) {
    return new Message(text, "x", "", Headers.NONE, "", Payload.text(text));
  }

  private static <T> T result(CompletionStage<T> stage) {
    try {
      return stage.toCompletableFuture().join();
    } catch (CompletionException failed) {
      throw failed.getCause() instanceof RuntimeException cause ? cause : failed;
    }
  }
}
