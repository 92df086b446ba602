package dev.leat.kafka;

import static dev.leat.testkit.Awaiting.result;
import static dev.leat.testkit.Awaiting.stays;
import static dev.leat.testkit.Awaiting.until;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.leat.BadMessage;
import dev.leat.Headers;
import dev.leat.Message;
import dev.leat.Payload;
import dev.leat.Position;
import dev.leat.Topic;
import dev.leat.broker.Append;
import dev.leat.broker.Broker;
import dev.leat.broker.Brokers;
import dev.leat.broker.Capability;
import dev.leat.broker.Completion;
import dev.leat.broker.Delivery;
import dev.leat.broker.Entry;
import dev.leat.broker.Membership;
import dev.leat.broker.Note;
import dev.leat.broker.Subscription;
import dev.leat.broker.ThreadLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListConsumerGroupOffsetsOptions;
import org.apache.kafka.clients.admin.ListConsumerGroupOffsetsSpec;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * What is completed in transactions is so as a whole or not at all. The contracts pass with them
 * too: {@code -Dleat.kafka.options=&transactions=true}.
 */
class KafkaTransactionsTest {
  private static final int TOO_LARGE = 2 << 20;
  private static final int MANY = 300;
  private static final int BAD = 7;

  private final KafkaServerProcess server = KafkaServerProcess.shared();
  private final ThreadLoop loop = new ThreadLoop("transactions", true);
  private final String url = server.url() + "&transactions=true";
  private final Topic topic = Topic.of("transactions-" + UUID.randomUUID());
  private final Topic effects = Topic.of("effects-" + UUID.randomUUID());
  private final Broker broker = Brokers.open(url, loop);
  private final List<Delivery> deliveries = new CopyOnWriteArrayList<>();

  @AfterEach
  void close() {
    broker.close();
    loop.close();
  }

  @Test
  void what_cannot_be_sent_keeps_all_of_it_from_being_done_and_nothing_else() {
    assertThat(broker.capabilities()).contains(Capability.ATOMIC_COMPLETION);
    send(MANY);
    Subscription member = join();
    until("all are handed over", () -> deliveries.size() == MANY);
    Delivery bad = deliveries.get(BAD);
    List<CompletionStage<Boolean>> ended = new ArrayList<>();
    for (int i = 0; i < MANY; i++) {
      List<Append> all =
          i == BAD
              ? List.of(effect("small"), effect("x".repeat(TOO_LARGE)))
              : List.of(effect("small"));
      ended.add(deliveries.get(i).complete(all));
    }
    for (int i = 0; i < MANY; i++) {
      if (i == BAD) {
        CompletionStage<Boolean> refused = ended.get(i);
        assertThatThrownBy(() -> result(refused)).isInstanceOf(BadMessage.class);
      } else {
        assertThat(result(ended.get(i))).isTrue();
      }
    }
    assertThat(read()).hasSize(MANY - 1);
    assertThat(result(bad.complete(List.of(effect("instead"))))).isTrue();
    assertThat(read()).hasSize(MANY);
    result(member.end());
  }

  @Test
  void what_is_completed_is_so_for_whoever_comes_next_at_once() {
    send(MANY);
    Subscription member = join();
    until("all are handed over", () -> deliveries.size() == MANY);
    List<CompletionStage<Boolean>> ended = new ArrayList<>();
    for (Delivery one : deliveries.subList(1, MANY)) {
      ended.add(one.complete(List.of(effect(one.message().id()))));
    }
    ended.forEach(one -> assertThat(result(one)).isTrue());
    // What was committed with it is all that another needs to know.
    member.close();
    String left = deliveries.getFirst().message().id();
    deliveries.clear();
    broker.close();
    try (Broker second = Brokers.open(url, loop)) {
      Subscription next = join(second);
      until("the one that is left is handed over", () -> !deliveries.isEmpty());
      assertThat(deliveries.getFirst().message().id()).isEqualTo(left);
      stays("no other", Duration.ofMillis(500), () -> deliveries.size() == 1);
      result(next.end());
    }
  }

  @Test
  void what_is_kept_of_an_answer_is_kept_with_it_or_not_at_all() {
    send(1);
    Subscription member = join();
    until("it is handed over", () -> deliveries.size() == 1);
    Message answer = message("answer");
    Note note = new Note("transactions", topic.toString(), answer, Duration.ofMinutes(1));
    Delivery one = deliveries.getFirst();
    Append large = effect("x".repeat(TOO_LARGE));
    assertThatThrownBy(() -> result(one.complete(new Completion(List.of(large), List.of(note)))))
        .isInstanceOf(BadMessage.class);
    Note other = note.replacedBy(message("other"), Duration.ofMillis(1));
    assertThat(result(broker.noteIfAbsent(other))).isEmpty();
    assertThat(result(one.complete(new Completion(List.of(effect("x")), List.of(note))))).isTrue();
    assertThat(result(broker.noteIfAbsent(other))).contains(answer);
    result(member.end());
  }

  @Test
  void a_member_that_has_lost_its_partitions_completes_nothing() {
    send(1);
    Subscription member = join();
    until("it is handed over", () -> deliveries.size() == 1);
    Delivery lost = deliveries.getFirst();
    try (Broker second = Brokers.open(url, loop)) {
      broker.close();
      Subscription next = join(second);
      until("it is handed to another", () -> deliveries.size() == 2);
      assertThat(result(lost.complete(List.of(effect("late"))))).isFalse();
      assertThat(result(deliveries.getLast().complete(List.of(effect("it"))))).isTrue();
      assertThat(read(second)).extracting(Payload::asText).containsExactly("it");
      result(next.end());
    }
    member.close();
  }

  @Test
  void as_many_are_kept_as_is_asked_for_and_marks_of_transactions_are_none() {
    send(20);
    Subscription member = join();
    until("all are handed over", () -> deliveries.size() == 20);
    for (Delivery one : deliveries) {
      Append letter = new Append(topic.deadLetters(), message("letter"));
      assertThat(result(one.complete(List.of(letter)))).isTrue();
    }
    assertThat(result(broker.trim(topic.deadLetters(), 20))).isZero();
    assertThat(letters()).hasSize(20);
    assertThat(result(broker.trim(topic.deadLetters(), 7))).isEqualTo(13);
    assertThat(letters()).hasSize(7);
    assertThat(result(broker.health(topic.deadLetters())).length()).hasValue(7);
    assertThat(result(broker.trim(topic.deadLetters(), 0))).isEqualTo(7);
    assertThat(letters()).isEmpty();
    result(member.end());
  }

  private List<Entry> letters() {
    return result(broker.range(topic.deadLetters(), Position.START, 100));
  }

  @Test
  void what_cannot_be_written_down_is_not_done_yet() throws Exception {
    for (int i = 0; i < 4 * MANY; i++) {
      Message one = message("request " + i);
      var unused =
          broker.append(
              new Append(topic.incoming(), one.withHeaders(Headers.of(Headers.KEY, "k"))));
    }
    Subscription member = join();
    member.request(4 * MANY);
    until("all are handed over", () -> deliveries.size() == 4 * MANY);
    List<CompletableFuture<Boolean>> ended = new ArrayList<>();
    for (int i = 1; i < 4 * MANY; i += 2) {
      ended.add(deliveries.get(i).complete(List.of(effect("x"))).toCompletableFuture());
    }
    until("some are done", () -> ended.stream().filter(CompletableFuture::isDone).count() > 300);
    long done = ended.stream().filter(KafkaTransactionsTest::isDone).count();
    assertThat(done).isLessThan(ended.size());
    until("those that are done are written down", () -> written() >= done);
    for (int i = 0; i < 4 * MANY; i += 2) {
      assertThat(result(deliveries.get(i).complete(List.of(effect("x"))))).isTrue();
    }
    ended.forEach(one -> assertThat(result(one)).isTrue());
    until("all are written down", () -> written() == 4 * MANY);
    result(member.end());
  }

  private static boolean isDone(CompletableFuture<Boolean> ended) {
    return ended.state() == Future.State.SUCCESS && ended.resultNow();
  }

  /** How many its group has completed, as it was written down before what is done now. */
  private long written() {
    String group = TopicNames.groupId(TopicNames.of(topic.incoming()), "workers");
    try (Admin admin = server.admin()) {
      ListConsumerGroupOffsetsOptions stable =
          new ListConsumerGroupOffsetsOptions().requireStable(true);
      return admin
          .listConsumerGroupOffsets(Map.of(group, new ListConsumerGroupOffsetsSpec()), stable)
          .partitionsToOffsetAndMetadata(group)
          .get()
          .values()
          .stream()
          .map(one -> PartitionProgress.read(one.offset(), one.metadata()))
          .mapToLong(one -> one.next() + one.beyond())
          .sum();
    } catch (ExecutionException | InterruptedException failure) {
      throw new IllegalStateException(failure);
    }
  }

  @Test
  void what_a_transaction_holds_up_is_not_passed_over_by_who_reads_on() throws Exception {
    result(broker.append(effect("first")));
    Properties properties = new Properties();
    properties.put("bootstrap.servers", server.address());
    properties.put("transactional.id", "held-up-" + UUID.randomUUID());
    properties.put("key.serializer", ByteArraySerializer.class.getName());
    properties.put("value.serializer", ByteArraySerializer.class.getName());
    try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(properties)) {
      producer.initTransactions();
      producer.beginTransaction();
      String name = TopicNames.of(effects.incoming());
      Object unused =
          producer
              .send(CloudEventRecord.write(name, 1, message("held up"), Optional.empty()))
              .get();
      for (int i = 0; i < 8; i++) {
        Headers key = Headers.of(Headers.KEY, "k" + i);
        result(broker.append(new Append(effects.incoming(), message("x").withHeaders(key))));
      }
      CompletionStage<List<Entry>> all = broker.range(effects.incoming(), Position.START, 2 * MANY);
      stays("it is waited for", Duration.ofSeconds(2), () -> !all.toCompletableFuture().isDone());
      producer.commitTransaction();
      assertThat(result(all)).hasSize(10);
    }
  }

  private void send(int many) {
    List<CompletionStage<?>> sent = new ArrayList<>();
    for (int i = 0; i < many; i++) {
      sent.add(broker.append(new Append(topic.incoming(), message("request " + i))));
    }
    sent.forEach(one -> result(one));
  }

  private Subscription join() {
    return join(broker);
  }

  private Subscription join(Broker with) {
    Membership membership = Membership.of(topic, "workers", "member-" + UUID.randomUUID());
    Subscription member = with.subscribe(membership, deliveries::addAll);
    member.request(MANY);
    return member;
  }

  private Append effect(String text) {
    return new Append(effects.incoming(), message(text));
  }

  private List<Payload> read() {
    return read(broker);
  }

  private List<Payload> read(Broker from) {
    return result(from.range(effects.incoming(), Position.START, 2 * MANY)).stream()
        .map(Entry::message)
        .map(Message::payload)
        .toList();
  }

  private static Message message(String text) {
    return new Message(
        UUID.randomUUID().toString(), "effect", "", Headers.NONE, "", Payload.text(text));
  }
}
