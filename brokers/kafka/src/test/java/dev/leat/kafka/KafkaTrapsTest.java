package dev.leat.kafka;

import static dev.leat.testkit.Awaiting.result;
import static dev.leat.testkit.Awaiting.until;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.leat.BadMessage;
import dev.leat.BrokerUnavailable;
import dev.leat.Headers;
import dev.leat.Leat;
import dev.leat.Message;
import dev.leat.Payload;
import dev.leat.Position;
import dev.leat.StreamRef;
import dev.leat.Topic;
import dev.leat.WorkerEvent;
import dev.leat.broker.Append;
import dev.leat.broker.Broker;
import dev.leat.broker.Brokers;
import dev.leat.broker.Delivery;
import dev.leat.broker.Lane;
import dev.leat.broker.Membership;
import dev.leat.broker.Subscription;
import dev.leat.broker.ThreadLoop;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What others do to topics, and write into them, behind Leat's back. */
class KafkaTrapsTest {
  private static final Duration LONG = Duration.ofSeconds(20);

  private final KafkaServerProcess server = KafkaServerProcess.shared();
  private final ThreadLoop loop = new ThreadLoop("traps", true);

  @AfterEach
  void close() {
    loop.close();
  }

  @Test
  void a_record_with_a_header_that_cannot_be_is_a_dead_letter_and_stops_nobody() {
    try (Leat leat = Leat.connect(server.url())) {
      leat.worker("trap-header").on("echo", String.class, (text, request) -> text).start();
      assertThat(call(leat, "trap-header", "a")).isEqualTo("a");
      ProducerRecord<byte[], byte[]> strange = event("trap-header.requests", null, "strange");
      strange.headers().add("leat_h_", bytes("x"));
      server.produce(List.of(strange));
      StreamRef letters = Topic.of("trap-header").deadLetters();
      until("it is given up", () -> length(leat, letters) == 1);
      for (String text : List.of("b", "c", "d", "e")) {
        assertThat(call(leat, "trap-header", text)).isEqualTo(text);
      }
    }
  }

  @Test
  void a_reply_that_cannot_be_stops_no_other() {
    try (Leat leat = Leat.connect(server.url())) {
      leat.worker("trap-reply").on("echo", String.class, (text, request) -> text).start();
      assertThat(call(leat, "trap-reply", "a")).isEqualTo("a");
      List<ProducerRecord<byte[], byte[]>> strange = new ArrayList<>();
      for (int partition = 0; partition < 4; partition++) {
        ProducerRecord<byte[], byte[]> one = event("leat-replies", partition, "strange");
        one.headers().add("leat_lane", null);
        strange.add(one);
      }
      server.produce(strange);
      assertThat(call(leat, "trap-reply", "b")).isEqualTo("b");
    }
  }

  @Test
  void what_is_open_between_much_that_others_have_completed_is_handed_over() {
    Topic topic = Topic.of("trap-scattered");
    List<Delivery> handed = new CopyOnWriteArrayList<>();
    try (Broker first = Brokers.open(server.url(), loop)) {
      List<CompletionStage<?>> sent = new ArrayList<>();
      for (int i = 0; i < 900; i++) {
        sent.add(first.append(new Append(topic.incoming(), keyed("request " + i))));
      }
      sent.forEach(one -> result(one));
      Subscription member = first.subscribe(Membership.of(topic, "g", "m1"), handed::addAll);
      member.request(1_000);
      until("all are handed over", () -> handed.size() == 900);
      for (int i = 1; i < 900; i += 2) {
        assertThat(result(handed.get(i).complete(List.of()))).isTrue();
      }
    }
    handed.clear();
    try (Broker second = Brokers.open(server.url(), loop)) {
      Subscription member = second.subscribe(Membership.of(topic, "g", "m2"), handed::addAll);
      member.request(1_000);
      result(second.append(new Append(topic.incoming(), keyed("new"))));
      until("what is open is handed over", () -> handed.size() >= 451);
      handed.forEach(one -> assertThat(result(one.complete(List.of()))).isTrue());
      result(member.end());
    }
  }

  private static Message keyed(String text) {
    return new Message(
        UUID.randomUUID().toString(),
        "echo",
        "",
        Headers.of(Headers.KEY, "k"),
        "",
        Payload.text(text));
  }

  @Test
  void a_group_that_began_now_reads_all_of_what_a_topic_is_given_later() throws Exception {
    Topic topic = Topic.of("trap-more");
    try (Broker broker = Brokers.open(server.url() + "&kafka.metadata.max.age.ms=1000", loop);
        Admin admin = server.admin()) {
      List<String> handed = new CopyOnWriteArrayList<>();
      Subscription member =
          broker.subscribe(
              Membership.of(topic, "g", "m").withStart(Position.NOW),
              batch -> batch.forEach(one -> complete(one, handed)));
      member.request(1_000);
      result(member.ready());
      admin.createPartitions(Map.of("trap-more.requests", NewPartitions.increaseTo(8))).all().get();
      until(
          "they are there",
          () ->
              admin
                  .describeTopics(List.of("trap-more.requests"))
                  .allTopicNames()
                  .get()
                  .values()
                  .stream()
                  .allMatch(one -> one.partitions().size() == 8));
      List<ProducerRecord<byte[], byte[]>> all = new ArrayList<>();
      for (int i = 0; i < 16; i++) {
        all.add(event("trap-more.requests", i % 8, "n" + i));
      }
      server.produce(all);
      until("all are handed over", () -> handed.size() == 16);
      assertThat(handed).doesNotHaveDuplicates();
      until(
          "they are seen",
          () -> result(broker.range(topic.incoming(), Position.START, 100)).size() == 16);
    }
  }

  @Test
  void a_topic_that_was_deleted_is_made_again_when_it_is_sent_to() throws Exception {
    String patience = "&kafka.request.timeout.ms=1000&kafka.delivery.timeout.ms=2000";
    try (Leat leat = Leat.connect(server.url() + patience);
        Admin admin = server.admin()) {
      assertThat(leat.caller().send("trap-gone", "x", Payload.text("before"))).isNotEmpty();
      admin.deleteTopics(List.of("trap-gone.requests")).all().get();
      until("it is made again", () -> isSent(leat));
      StreamRef requests = Topic.of("trap-gone").incoming();
      until("it is there", () -> length(leat, requests) >= 1);
    }
  }

  private static boolean isSent(Leat leat) {
    try {
      String unused = leat.caller().send("trap-gone", "x", Payload.text("after"));
      return true;
    } catch (RuntimeException notYet) {
      return false;
    }
  }

  @Test
  void lanes_have_replies_where_the_topic_of_replies_is_given_more_partitions() throws Exception {
    try (KafkaServerProcess own = KafkaServerProcess.start();
        Leat worker = Leat.connect(own.url());
        Admin admin = own.admin()) {
      worker.worker("trap-lanes").on("echo", String.class, (text, request) -> text).start();
      assertThat(call(worker, "trap-lanes", "a")).isEqualTo("a");
      admin.createPartitions(Map.of("leat-replies", NewPartitions.increaseTo(40))).all().get();
      until(
          "they are there",
          () ->
              admin.describeTopics(List.of("leat-replies")).allTopicNames().get().values().stream()
                  .allMatch(one -> one.partitions().size() == 40));
      for (int i = 0; i < 3; i++) {
        try (Leat caller = Leat.connect(own.url())) {
          assertThat(call(caller, "trap-lanes", "b")).isEqualTo("b");
        }
      }
    }
  }

  @Test
  void a_reply_to_a_lane_that_cannot_be_is_for_nobody() {
    try (Leat leat = Leat.connect(server.url())) {
      StreamRef nobody = new StreamRef.At("leat-replies/9999/l");
      Lane lane =
          CompletableFuture.supplyAsync(
                  () -> leat.broker().openLane(loop, "trap-lane", batch -> {}), loop)
              .join();
      List<String> ids =
          result(
              CompletableFuture.supplyAsync(
                      () -> lane.append(List.of(new Append(nobody, reply()))), loop)
                  .thenCompose(sent -> sent));
      assertThat(ids).containsExactly("");
      assertThat(result(leat.broker().range(nobody, Position.START, 10))).isEmpty();
      CompletableFuture.runAsync(lane::close, loop).join();
    }
  }

  @Test
  void a_member_hears_when_kafka_is_away_and_goes_on_when_it_is_back() {
    try (KafkaServerProcess own = KafkaServerProcess.start();
        Leat leat = Leat.connect(own.url())) {
      List<WorkerEvent> events = new CopyOnWriteArrayList<>();
      leat.worker("trap-away")
          .onEvent(events::add)
          .on("echo", String.class, (text, request) -> text)
          .start();
      assertThat(call(leat, "trap-away", "a")).isEqualTo("a");
      own.kill();
      Append reply = new Append(new StreamRef.At("leat-replies/9999/l"), reply());
      assertThatThrownBy(() -> result(leat.broker().append(reply)))
          .as("it is not known whether somebody is there")
          .isInstanceOf(BrokerUnavailable.class);
      until("it is away", () -> events.stream().anyMatch(WorkerEvent.Lost.class::isInstance));
      events.clear();
      own.begin();
      own.awaitReady();
      until("it is back", () -> events.stream().anyMatch(WorkerEvent.Connected.class::isInstance));
      assertThat(call(leat, "trap-away", "b")).isEqualTo("b");
    }
  }

  @Test
  void reading_that_begins_behind_what_cannot_be_an_entry_is_refused() {
    try (Leat leat = Leat.connect(server.url())) {
      assertThatThrownBy(
              () ->
                  leat.broker()
                      .tail(Topic.of("trap-after").incoming(), Position.after("1-1"), batch -> {}))
          .isInstanceOf(BadMessage.class)
          .hasMessage("'1-1' is not the id of an entry");
    }
  }

  private static Message reply() {
    return new Message("r", Message.REPLY, "", Headers.NONE, "", Payload.text("x"));
  }

  private static void complete(Delivery delivery, List<String> handed) {
    handed.add(delivery.message().id());
    var unused = delivery.complete(List.of());
  }

  private static String call(Leat leat, String topic, String text) {
    return leat.caller().call(topic, "echo", text, String.class, LONG);
  }

  private static long length(Leat leat, StreamRef stream) {
    return result(leat.broker().range(stream, Position.START, 100)).size();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static ProducerRecord<byte[], byte[]> event(
      String topic, @Nullable Integer partition, String id) {
    ProducerRecord<byte[], byte[]> record =
        new ProducerRecord<>(topic, partition, null, bytes("x"));
    record.headers().add("ce_specversion", bytes("1.0"));
    record.headers().add("ce_id", bytes(id));
    record.headers().add("ce_type", bytes("echo"));
    record.headers().add("ce_source", bytes("test"));
    return record;
  }
}
