package dev.leat.kafka;

import static dev.leat.testkit.Awaiting.result;
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
