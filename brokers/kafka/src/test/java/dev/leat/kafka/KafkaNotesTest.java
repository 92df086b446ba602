package dev.leat.kafka;

import static dev.leat.testkit.Awaiting.result;
import static dev.leat.testkit.Awaiting.until;
import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.Headers;
import dev.leat.Message;
import dev.leat.Payload;
import dev.leat.broker.Broker;
import dev.leat.broker.Brokers;
import dev.leat.broker.Note;
import dev.leat.broker.ThreadLoop;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Notes of several processes, on a real server. */
class KafkaNotesTest {
  private static final Duration KEEP = Duration.ofMinutes(5);
  private static final int MANY = 200;

  private final KafkaServerProcess server = KafkaServerProcess.shared();
  private final ThreadLoop loop = new ThreadLoop("notes", true);
  private final String store = UUID.randomUUID().toString();
  private final Broker one = Brokers.open(server.url(), loop);
  private final Broker other = Brokers.open(server.url(), loop);

  @AfterEach
  void close() {
    one.close();
    other.close();
    loop.close();
  }

  @Test
  void of_two_processes_that_begin_the_same_one_is_first() {
    List<CompletionStage<Optional<Message>>> ofOne = new ArrayList<>();
    List<CompletionStage<Optional<Message>>> ofOther = new ArrayList<>();
    for (int i = 0; i < MANY; i++) {
      ofOne.add(one.noteIfAbsent(note(i, "one")));
      ofOther.add(other.noteIfAbsent(note(i, "other")));
    }
    for (int i = 0; i < MANY; i++) {
      Optional<String> seenByOne = result(ofOne.get(i)).map(Message::source);
      Optional<String> seenByOther = result(ofOther.get(i)).map(Message::source);
      assertThat(List.of(seenByOne, seenByOther))
          .as("%d", i)
          .isIn(
              List.of(Optional.empty(), Optional.of("one")),
              List.of(Optional.of("other"), Optional.empty()));
    }
    try (Broker late = Brokers.open(server.url(), loop)) {
      assertThat(result(late.noteIfAbsent(note(7, "late"))).map(Message::payload))
          .contains(Payload.text("of 7"));
    }
  }

  @Test
  void what_its_topic_has_forgotten_is_not_known_any_more_and_begun_by_one() throws Exception {
    assertThat(result(one.noteIfAbsent(note(1, "one")))).isEmpty();
    assertThat(result(other.noteIfAbsent(note(1, "other")))).isPresent();
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", server.address()))) {
      Map<TopicPartition, RecordsToDelete> all = new HashMap<>();
      admin
          .describeTopics(List.of(TopicNames.NOTES))
          .allTopicNames()
          .get()
          .forEach(
              (name, topic) ->
                  Places.all(name, topic.partitions().size())
                      .forEach(one -> all.put(one, RecordsToDelete.beforeOffset(-1))));
      admin.deleteRecords(all).all().get();
    }
    CompletionStage<Optional<Message>> first = one.noteIfAbsent(note(1, "one again"));
    CompletionStage<Optional<Message>> second = other.noteIfAbsent(note(1, "other again"));
    assertThat(List.of(result(first).isPresent(), result(second).isPresent()))
        .containsExactlyInAnyOrder(true, false);
  }

  @Test
  void what_strangers_write_there_stops_nobody() {
    assertThat(result(one.noteIfAbsent(note(3, "one")))).isEmpty();
    ProducerRecord<byte[], byte[]> strange =
        new ProducerRecord<>(TopicNames.NOTES, "what".getBytes(StandardCharsets.UTF_8));
    server.produce(List.of(strange, strange));
    assertThat(result(one.noteIfAbsent(note(2, "one")))).isEmpty();
    assertThat(result(other.noteIfAbsent(note(2, "other"))).map(Message::source)).contains("one");
  }

  @Test
  void where_its_topic_was_made_anew_no_other_note_is_taken_for_one() throws Exception {
    try (KafkaServerProcess own = KafkaServerProcess.start();
        Broker broker = Brokers.open(own.url(), loop);
        Admin admin = own.admin()) {
      for (int i = 0; i < 20; i++) {
        assertThat(result(broker.noteIfAbsent(note(i, "before")))).isEmpty();
      }
      admin.deleteTopics(List.of(TopicNames.NOTES)).all().get();
      until(
          "notes are taken again",
          Duration.ofSeconds(60),
          () -> isTaken(broker, note(1_000, "after")));
      for (int i = 1_001; i < 1_100; i++) {
        assertThat(result(broker.noteIfAbsent(note(i, "after")))).isEmpty();
      }
      for (int i = 0; i < 20; i++) {
        assertThat(result(broker.noteIfAbsent(note(i, "again"))).map(Message::payload))
            .as("%d", i)
            .isIn(Optional.empty(), Optional.of(Payload.text("of " + i)));
      }
    }
  }

  private static boolean isTaken(Broker broker, Note note) {
    try {
      var unused = broker.noteIfAbsent(note).toCompletableFuture().get(40, TimeUnit.SECONDS);
      return true;
    } catch (ExecutionException | TimeoutException away) {
      return false;
    } catch (InterruptedException interrupted) {
      throw new IllegalStateException(interrupted);
    }
  }

  @Test
  void what_is_renewed_again_and_again_is_known_to_who_comes_late() {
    String few = server.url() + "&notes=8";
    Note work = note(5, "one");
    assertThat(result(one.noteIfAbsent(work))).isEmpty();
    for (int i = 0; i < 40; i++) {
      assertThat(result(one.renewNote(work))).isTrue();
    }
    try (Broker late = Brokers.open(few, loop)) {
      assertThat(result(late.noteIfAbsent(note(5, "late"))).map(Message::source)).contains("one");
    }
    assertThat(result(one.renewNote(work))).isTrue();
  }

  private Note note(int number, String by) {
    Message message =
        new Message(
            UUID.randomUUID().toString(),
            "at work",
            "",
            Headers.NONE,
            by,
            Payload.text("of " + number));
    return new Note(store, Integer.toString(number), message, KEEP);
  }
}
