package dev.leat.testkit;

import static dev.leat.testkit.Awaiting.result;
import static dev.leat.testkit.Awaiting.stays;
import static dev.leat.testkit.Awaiting.until;
import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.Dialect;
import dev.leat.Encoding;
import dev.leat.Headers;
import dev.leat.Message;
import dev.leat.Payload;
import dev.leat.Position;
import dev.leat.Problem;
import dev.leat.StreamRef;
import dev.leat.broker.Append;
import dev.leat.broker.Capability;
import dev.leat.broker.Completion;
import dev.leat.broker.Delivery;
import dev.leat.broker.Lane;
import dev.leat.broker.Membership;
import dev.leat.broker.Note;
import dev.leat.broker.Subscription;
import dev.leat.wire.DeadLetter;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The part of the contract that is about groups: messages to members, and how they end. */
abstract class GroupContract extends BrokerFixture {
  // Publishing and consuming

  @Test
  void a_message_arrives_as_it_was_sent() {
    Message sent =
        new Message(
            ids.next(),
            "user.update",
            lane.replyAddress(topic),
            Headers.of("deadline", "5", "http.query.städte", "京都 🎐 \" \\ \n"),
            "Łódź",
            Payload.json("{\"a\":1}"));
    append(sent);

    assertThat(join("workers").await(1).getFirst().message()).isEqualTo(sent);
  }

  @Test
  void a_member_is_handed_no_more_than_it_asked_for_of_new_and_released_messages_together() {
    Inbox inbox = new Inbox();
    Subscription subscription = broker.subscribe(member("workers", "m"), inbox);
    subscription.request(4);
    append(List.of("0", "1"));
    inbox.await(2).forEach(delivery -> delivery.release(Duration.ZERO));
    List<Delivery> held = inbox.await(4);
    append(List.of("2", "3"));
    stays("it holds what it asked for", Duration.ofMillis(300), () -> inbox.size() == 4);

    held.subList(2, 4).forEach(delivery -> result(delivery.complete(List.of())));
    subscription.request(2);
    inbox.await(6);
    assertTexts(inbox.texts(), List.of("0", "1", "0", "1", "2", "3"));
  }

  @Test
  void a_member_that_ends_is_handed_nothing_more_and_keeps_nothing_from_others() {
    Inbox first = new Inbox();
    Subscription ending = broker.subscribe(member("workers", "first"), first);
    ending.request(10);
    append(List.of("0"));
    Delivery held = first.await(1).getFirst();
    long begin = System.nanoTime();
    result(ending.end());
    assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(2));
    append(List.of("1", "2", "3"));
    stays("nothing comes", Duration.ofMillis(200), () -> first.size() == 1);
    if (offers(Capability.ANY_MEMBER)) {
      Inbox second = new Inbox();
      broker.subscribe(member("workers", "second"), second).request(10);

      second.await(3);
      assertTexts(second.texts(), List.of("1", "2", "3"));
    }
    assertThat(result(held.complete(List.of()))).as("it was still held").isTrue();
    ending.close();
  }

  @Test
  void members_that_are_closed_while_messages_come_keep_none_of_them() {
    Set<String> seen = ConcurrentHashMap.newKeySet();
    AtomicInteger handled = new AtomicInteger();
    for (int round = 0; round < 20; round++) {
      Subscription closing =
          broker.subscribe(
              member("workers", "closing" + round).withLease(Duration.ofMinutes(1)),
              batch -> batch.forEach(delivery -> complete(delivery, seen, handled)));
      closing.request(1_000);
      result(closing.ready());
      for (int i = 0; i < 10; i++) {
        append(List.of(round + "-" + i));
      }
      closing.close();
    }
    broker
        .subscribe(
            member("workers", "last"),
            batch -> batch.forEach(delivery -> complete(delivery, seen, handled)))
        .request(1_000);

    until("all are completed, long before a lease is over", () -> seen.size() == 200);
    untilNothingIsPending("workers");
    assertThat(handled).hasValue(200);
  }

  private static void complete(Delivery delivery, Set<String> seen, AtomicInteger handled) {
    var unused =
        delivery
            .complete(List.of())
            .thenAccept(
                done -> {
                  handled.incrementAndGet();
                  seen.add(delivery.message().payload().asText());
                });
  }

  @Test
  void what_was_released_comes_soon_though_its_member_waits_for_what_is_new() {
    Inbox inbox = new Inbox();
    broker.subscribe(member("workers", "m"), inbox).request(2);
    append(List.of("0"));
    long begin = System.nanoTime();
    inbox.await(1).getFirst().release(Duration.ZERO);

    inbox.await(2);
    assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(2));
    assertThat(inbox.texts()).containsExactly("0", "0");
  }

  @Test
  void payloads_of_every_kind_and_size_arrive_as_they_were_sent() {
    byte[] everyByte = new byte[256];
    IntStream.range(0, 256).forEach(i -> everyByte[i] = (byte) i);
    byte[] large = new byte[(int) Math.min(1 << 20, broker.limits().largestMessage())];
    IntStream.range(0, large.length).forEach(i -> large[i] = (byte) (i * 31));
    List<Payload> payloads =
        List.of(
            Payload.EMPTY,
            Payload.text(""),
            Payload.json(""),
            Payload.json("null"),
            Payload.text("naïve 🎐 京都\r\n\0"),
            Payload.binary(everyByte),
            Payload.binary(large),
            Payload.of(Encoding.JSON, "\"ü\"".getBytes(StandardCharsets.UTF_8)));
    payloads.forEach(payload -> append(message(payload)));

    Inbox inbox = join("workers");
    inbox.await(payloads.size());
    assertThat(inbox.messages())
        .extracting(Message::payload)
        .containsExactlyInAnyOrderElementsOf(payloads);
    if (offers(Capability.STREAM_ORDER)) {
      assertThat(inbox.messages()).extracting(Message::payload).isEqualTo(payloads);
    }
  }

  @Test
  void a_request_in_the_named_dialect_is_handled_and_answered_like_any_or_refused_by_name() {
    Message request = request("hello");
    Append named = new Append(topic.incoming(), request, Dialect.NAMED);
    if (!offers(Capability.NAMED_DIALECT, () -> append(named))) {
      return;
    }
    append(named);
    Delivery delivery = join("workers").await(1).getFirst();
    result(delivery.complete(List.of(answer(request, "world"))));

    assertThat(delivery.message()).isEqualTo(request);
    until("it is answered", () -> !replies.isEmpty());
    assertThat(replies.getFirst().payload().asText()).isEqualTo("world");
  }

  @Test
  void a_batch_is_appended_in_order() {
    List<String> texts = numbers(500);
    List<String> entryIds = append(texts);

    assertThat(entryIds).hasSize(500).doesNotHaveDuplicates();
    Inbox inbox = join("workers");
    inbox.await(500);
    assertTexts(inbox.texts(), texts);
  }

  @Test
  void a_message_waits_for_a_group_that_comes_later() {
    append(numbers(3));

    Inbox inbox = join("late");
    inbox.await(3);
    assertTexts(inbox.texts(), List.of("0", "1", "2"));
  }

  @Test
  void a_group_that_begins_now_sees_only_what_comes_after() {
    append(List.of("before"));
    Inbox inbox = new Inbox();
    Membership fromNow = member("workers", "m").withStart(Position.NOW);
    Subscription subscription = broker.subscribe(fromNow, inbox);
    subscription.request(10);
    result(subscription.ready());
    append(List.of("after"));

    inbox.await(1);
    assertThat(inbox.texts()).containsExactly("after");
  }

  @Test
  void a_reply_to_a_lane_that_is_gone_is_no_fault() {
    Message request = request("anybody there?");
    append(request);
    Delivery delivery = join("workers").await(1).getFirst();
    onLoop(
        () -> {
          lane.close();
          return true;
        });

    assertThat(result(delivery.complete(List.of(answer(request, "here"))))).isTrue();
    untilNothingIsPending("workers");
  }

  // Groups

  @Test
  void a_member_is_told_once_that_it_reads() {
    Inbox inbox = join("workers");
    append(numbers(2));

    inbox.await(2);
    assertThat(inbox.connected()).isEqualTo(1);
  }

  @Test
  void members_of_one_group_share_the_messages() {
    List<Inbox> inboxes = List.of(new Inbox(), new Inbox(), new Inbox());
    for (int i = 0; i < inboxes.size(); i++) {
      broker.subscribe(member("workers", "m" + i), inboxes.get(i)).request(1000);
    }
    append(numbers(300));

    until("all are handed over", () -> inboxes.stream().mapToInt(Inbox::size).sum() >= 300);
    assertThat(inboxes.stream().flatMap(inbox -> inbox.texts().stream()))
        .containsExactlyInAnyOrderElementsOf(numbers(300));
  }

  @Test
  void every_group_gets_every_message() {
    Inbox one = join("one");
    if (!offers(Capability.SEVERAL_GROUPS, () -> join("two"))) {
      return;
    }
    Inbox two = join("two");
    append(numbers(100));

    one.await(100);
    two.await(100);
    assertTexts(one.texts(), numbers(100));
    assertTexts(two.texts(), numbers(100));
  }

  @Test
  void a_member_is_handed_no_more_than_it_asked_for() {
    append(numbers(10));
    Inbox inbox = new Inbox();
    Subscription subscription = broker.subscribe(member("workers", "m"), inbox);
    subscription.request(3);
    inbox.await(3);
    if (!offers(Capability.ANY_MEMBER)) {
      stays("no more comes", Duration.ofMillis(300), () -> inbox.size() == 3);
      return;
    }
    Inbox other = new Inbox();
    broker.subscribe(member("workers", "other"), other).request(100);
    other.await(7);

    assertThat(inbox.texts()).hasSize(3);
    append(List.of("10"));
    other.await(8);
    assertThat(inbox.texts()).hasSize(3);
  }

  @Test
  void ten_thousand_messages_through_four_members_are_neither_lost_nor_doubled() {
    Set<String> seen = ConcurrentHashMap.newKeySet();
    AtomicInteger handled = new AtomicInteger();
    for (int i = 0; i < 4; i++) {
      subscribeCompleting("m" + i, seen, handled);
    }
    for (int from = 0; from < 10_000; from += 500) {
      append(IntStream.range(from, from + 500).mapToObj(Integer::toString).toList());
    }

    until("all are handled", () -> handled.get() >= 10_000);
    untilNothingIsPending("workers");
    assertThat(handled).hasValue(10_000);
    assertThat(seen).hasSize(10_000);
  }

  // Ending a delivery

  @Test
  void a_completed_message_brings_its_reply_to_the_lane_and_is_not_pending() {
    Message request = request("question");
    append(request);
    Delivery delivery = join("workers").await(1).getFirst();

    assertThat(result(delivery.complete(List.of(answer(request, "answer"))))).isTrue();

    until("the reply is there", () -> replies.size() == 1);
    assertThat(replies.getFirst().id()).isEqualTo(request.id());
    assertThat(replies.getFirst().payload().asText()).isEqualTo("answer");
    untilNothingIsPending("workers");
  }

  @Test
  void replies_of_one_completion_keep_their_order() {
    Message request = request("question");
    append(request);
    Delivery delivery = join("workers").await(1).getFirst();

    result(delivery.complete(numbers(20).stream().map(text -> answer(request, text)).toList()));

    until("the replies are there", () -> replies.size() == 20);
    assertThat(replies).extracting(reply -> reply.payload().asText()).isEqualTo(numbers(20));
  }

  @Test
  void a_delivery_is_ended_once_and_later_calls_are_refused() {
    Message request = request("question");
    append(request);
    Delivery delivery = join("workers").await(1).getFirst();

    assertThat(result(delivery.complete(List.of()))).isTrue();
    assertThat(result(delivery.complete(List.of(answer(request, "again"))))).isFalse();
    assertThat(result(delivery.release(Duration.ZERO))).isFalse();
    assertThat(result(delivery.extend())).isFalse();
  }

  @Test
  void a_released_message_is_handed_over_again_with_its_attempt_counted() {
    append(List.of("x"));
    Inbox inbox = join("workers");
    Delivery first = inbox.await(1).getFirst();
    assertThat(first.attempt()).isEqualTo(1);

    assertThat(result(first.release(Duration.ZERO))).isTrue();

    Delivery second = inbox.await(2).get(1);
    assertThat(second.attempt()).isEqualTo(2);
    assertThat(second.message()).isEqualTo(first.message());
    result(second.release(Duration.ZERO));
    assertThat(inbox.await(3).get(2).attempt()).isEqualTo(3);
  }

  @Test
  void a_message_released_with_a_delay_waits_for_it() {
    append(List.of("x"));
    Inbox inbox = new Inbox();
    broker.subscribe(member("workers", "m").withLease(shortLease()), inbox).request(10);
    Delivery first = inbox.await(1).getFirst();
    Duration delay = shortLease().multipliedBy(3).dividedBy(2);
    long before = System.nanoTime();
    result(first.release(delay));

    inbox.await(2);
    assertThat(Duration.ofNanos(System.nanoTime() - before))
        .isGreaterThanOrEqualTo(delay.minusMillis(10));
  }

  @Test
  void a_delay_outlives_the_member_that_asked_for_it_and_is_longer_than_a_lease() {
    append(List.of("x"));
    Inbox first = new Inbox();
    Subscription leaving =
        broker.subscribe(member("workers", "first").withLease(shortLease()), first);
    leaving.request(10);
    Duration delay = shortLease().multipliedBy(3);
    long before = System.nanoTime();
    result(first.await(1).getFirst().release(delay));
    leaving.close();
    Inbox other = new Inbox();
    broker.subscribe(member("workers", "other").withLease(shortLease()), other).request(10);

    Delivery again = other.await(1).getFirst();
    if (offers(Capability.DELAYED_RELEASE)) {
      assertThat(Duration.ofNanos(System.nanoTime() - before))
          .isGreaterThanOrEqualTo(delay.minusMillis(10));
    }
    assertThat(again.attempt()).isEqualTo(2);
    assertThat(result(again.complete(List.of()))).isTrue();
  }

  @Test
  void a_message_that_is_given_up_stands_among_the_dead_letters_and_is_not_pending() {
    Message request = request("poison");
    append(request);
    Delivery delivery = join("workers").await(1).getFirst();
    Message letter =
        DeadLetter.of(request, Problem.of(500, "No use", "it is poison"), 1, Instant.EPOCH)
            .acceptedAt(delivery.acceptedAt())
            .written();

    assertThat(
            result(
                delivery.complete(
                    List.of(new Append(topic.deadLetters(), letter), answer(request, "given up")))))
        .isTrue();

    Message kept =
        result(broker.range(topic.deadLetters(), Position.START, 10)).getFirst().message();
    assertThat(kept).isEqualTo(letter);
    assertThat(DeadLetter.read(kept).message()).isEqualTo(request);
    assertThat(DeadLetter.read(kept).acceptedAt()).isAfter(Instant.EPOCH);
    until("the sender knows", () -> replies.size() == 1);
    untilNothingIsPending("workers");
  }

  @Test
  void an_attempt_that_lapsed_is_over_though_the_next_is_the_same_members() {
    append(List.of("x"));
    Inbox inbox = new Inbox();
    broker.subscribe(member("workers", "m").withLease(shortLease()), inbox).request(10);
    List<Delivery> attempts = inbox.await(2);
    Delivery lapsed = attempts.get(0);
    Delivery current = attempts.get(1);
    assertThat(current.attempt()).isEqualTo(2);
    Message request = request("never sent");

    assertThat(result(lapsed.extend())).isFalse();
    assertThat(result(lapsed.release(Duration.ZERO))).isFalse();
    assertThat(result(lapsed.complete(List.of(answer(request, "late"))))).isFalse();
    if (offers(Capability.EXACT_BACKLOG)) {
      assertThat(group("workers").pending()).hasValue(1);
    }
    assertThat(result(current.complete(List.of(answer(request, "in time"))))).isTrue();
    untilAnsweredBy("in time", "late");
  }

  /** By that alone, where what came too late has no effect; else by both at the most. */
  private void untilAnsweredBy(String current, String late) {
    until(
        "it is answered",
        () -> replies.stream().anyMatch(reply -> reply.payload().asText().equals(current)));
    if (offers(Capability.ATOMIC_COMPLETION)) {
      assertThat(replies).extracting(reply -> reply.payload().asText()).containsExactly(current);
    } else {
      assertThat(replies)
          .extracting(reply -> reply.payload().asText())
          .isSubsetOf(late, current)
          .doesNotHaveDuplicates();
    }
  }

  @Test
  void a_delivery_that_is_released_twice_is_handed_over_once() {
    append(List.of("x"));
    Inbox inbox = join("workers");
    Delivery delivery = inbox.await(1).getFirst();

    assertThat(result(delivery.release(Duration.ZERO))).isTrue();
    assertThat(result(delivery.release(Duration.ZERO))).isFalse();
    inbox.await(2);
    stays("once", Duration.ofMillis(200), () -> inbox.size() == 2);
    assertThat(inbox.await(2).getLast().attempt()).isEqualTo(2);
    assertThat(result(delivery.release(Duration.ZERO))).isFalse();
    stays("still once", Duration.ofMillis(200), () -> inbox.size() == 2);
  }

  @Test
  void a_reply_to_a_lane_that_has_gone_makes_no_stream() {
    Lane other = onLoop(() -> broker.openLane(loop, "contract-" + ids.next(), batch -> {}));
    StreamRef gone = new StreamRef.At(other.replyAddress(topic));
    onLoop(
        () -> {
          other.close();
          return true;
        });
    untilLength(gone, 0);
    append(List.of("x", "y"));
    List<Delivery> deliveries = join("workers").await(2);
    Append reply = new Append(gone, message(Payload.text("nobody waits")));
    Append kept = new Append(topic.deadLetters(), message(Payload.text("kept")));

    if (result(broker.health(gone)).length().isPresent()) {
      assertThat(append(reply)).containsExactly("");
      assertThat(append(reply, kept).getFirst()).isEmpty();
    } else {
      // It cannot be known there.
      assertThat(append(reply, kept)).hasSize(2);
    }
    assertThat(result(deliveries.get(0).complete(List.of(reply)))).isTrue();
    assertThat(result(deliveries.get(1).complete(List.of(reply, kept)))).isTrue();
    untilLength(gone, 0);
    untilLength(topic.deadLetters(), 2);
  }

  // Notes

  @Test
  void a_note_is_kept_once_and_written_with_a_completion_or_notes_are_refused_by_name() {
    Message said = message(Payload.text("first"));
    Note first = new Note("notes", topic.toString(), said, Duration.ofMinutes(1));
    if (!offers(Capability.NOTES, () -> broker.noteIfAbsent(first))) {
      return;
    }
    Note other = first.replacedBy(message(Payload.text("other")), Duration.ofMinutes(1));
    assertThat(result(broker.noteIfAbsent(first))).isEmpty();
    assertThat(result(broker.noteIfAbsent(other))).contains(said);

    append(numbers(3));
    List<Delivery> deliveries = join("workers").await(3);
    result(deliveries.get(0).complete(new Completion(List.of(), List.of(other.forgotten()))));
    assertThat(result(broker.noteIfAbsent(other))).as("it is another's").contains(said);
    result(deliveries.get(1).complete(new Completion(List.of(), List.of(other))));
    assertThat(result(broker.noteIfAbsent(first))).contains(other.message());
    result(deliveries.get(2).complete(new Completion(List.of(), List.of(other.forgotten()))));
    assertThat(result(broker.noteIfAbsent(first))).isEmpty();
  }

  @Test
  void a_note_is_forgotten_in_time() {
    Message said = message(Payload.text("x"));
    Note brief = new Note("notes", topic.toString(), said, Duration.ofMillis(100));
    if (!offers(Capability.NOTES, () -> broker.noteIfAbsent(brief))) {
      return;
    }
    result(broker.noteIfAbsent(brief));
    until("it is forgotten", () -> result(broker.noteIfAbsent(brief)).isEmpty());
  }

  @Test
  void a_note_that_is_renewed_is_kept_for_its_time_from_then_on_and_another_is_not() {
    Note note =
        new Note("notes", topic.toString(), message(Payload.text("x")), Duration.ofMillis(400));
    if (!offers(Capability.NOTES, () -> broker.renewNote(note))) {
      return;
    }
    Note other = note.replacedBy(message(Payload.text("y")), Duration.ofMinutes(1));
    assertThat(result(broker.renewNote(note))).as("there is none").isFalse();
    result(broker.noteIfAbsent(note));
    stays(
        "it is renewed, and not by another",
        Duration.ofSeconds(1),
        () -> result(broker.renewNote(note)) && !result(broker.renewNote(other)));
    until("it is forgotten", () -> result(broker.noteIfAbsent(other)).isEmpty());
  }

  // Leases

  @Test
  void a_dead_members_message_is_handed_to_another() {
    append(List.of("x"));
    Inbox dead = new Inbox();
    Subscription dying = broker.subscribe(member("workers", "dead").withLease(shortLease()), dead);
    dying.request(10);
    Delivery lost = dead.await(1).getFirst();
    dying.close();

    Inbox alive = new Inbox();
    broker.subscribe(member("workers", "alive").withLease(shortLease()), alive).request(10);
    Delivery again = alive.await(1).getFirst();
    assertThat(again.message()).isEqualTo(lost.message());
    assertThat(again.attempt()).isEqualTo(2);
    assertThat(result(again.complete(List.of()))).isTrue();
    untilNothingIsPending("workers");
  }

  @Test
  void a_completion_after_the_message_went_to_another_is_refused() {
    Message request = request("x");
    append(request);
    Inbox slow = new Inbox();
    Subscription leaving =
        broker.subscribe(member("workers", "slow").withLease(shortLease()), slow);
    leaving.request(1);
    Delivery late = slow.await(1).getFirst();
    leaving.close();
    Inbox other = new Inbox();
    broker.subscribe(member("workers", "other").withLease(shortLease()), other).request(1);
    Delivery current = other.await(1).getFirst();

    assertThat(result(late.extend())).isFalse();
    assertThat(result(late.complete(List.of(answer(request, "late"))))).isFalse();
    assertThat(result(late.release(Duration.ZERO))).isFalse();
    assertThat(result(current.complete(List.of(answer(request, "current"))))).isTrue();
    untilAnsweredBy("current", "late");
  }

  @Test
  void a_lease_that_is_extended_does_not_lapse() {
    append(List.of("x"));
    Inbox inbox = new Inbox();
    Membership membership = member("workers", "m").withLease(Duration.ofSeconds(1));
    broker.subscribe(membership, inbox).request(10);
    Delivery delivery = inbox.await(1).getFirst();
    AtomicInteger extended = new AtomicInteger();
    extendEvery(Duration.ofMillis(100), delivery, extended, 20);

    until("two leases' time has passed", () -> extended.get() == 20);
    assertThat(inbox.size()).isEqualTo(1);
    assertThat(result(delivery.complete(List.of()))).isTrue();
  }
}
