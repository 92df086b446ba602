package dev.leat.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.leat.BadConfiguration;
import dev.leat.BadMessage;
import dev.leat.BrokerUnavailable;
import dev.leat.Headers;
import dev.leat.Leat;
import dev.leat.Message;
import dev.leat.Payload;
import dev.leat.Position;
import dev.leat.StreamRef;
import dev.leat.Topic;
import dev.leat.broker.Append;
import dev.leat.broker.Capability;
import dev.leat.broker.Entry;
import dev.leat.testkit.Awaiting;
import dev.leat.wire.DeadLetter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.stream.Collectors;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KafkaBrokerTest {
  private static final Duration LONG = Duration.ofSeconds(20);

  /** In the table of the document. */
  private static final int COLUMN = 7;

  @Test
  void the_document_says_what_it_can_do() throws IOException {
    try (Leat leat = Leat.connect(KafkaServerProcess.shared().url())) {
      Set<String> said =
          Files.readAllLines(Path.of("..", "..", "docs", "brokers.md")).stream()
              .filter(line -> line.matches("\\| `[A-Z_]+` \\|.*"))
              .map(line -> line.replace("`", "").split("\\s*\\|\\s*", -1))
              .filter(row -> row[COLUMN].equals("yes"))
              .map(row -> row[1])
              .collect(Collectors.toSet());
      Set<String> can =
          leat.broker().capabilities().stream().map(Capability::name).collect(Collectors.toSet());
      assertThat(said).isEqualTo(can);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "kafka: | it names servers",
        "kafka:// | cannot be read as a URL",
        "kafka://a,,b | it names servers",
        "kafka://h?zork=1 | there is no option 'zork'",
        "kafka://h?partitions=0 | 'partitions' is a number from 1 to 10000",
        "kafka://127.0.0.1:1?kafka.isolation.level=s3cret | 'kafka.isolation.level' is not as",
        "kafka://127.0.0.1:1?kafka.session.timeout.ms=10000 | 'kafka.session.timeout.ms' is not as",
        "kafka://127.0.0.1:1?kafka.max.poll.records=0 | 'kafka.max.poll.records' is not as",
        "kafka://127.0.0.1:1?kafka.security.protocol=s3cret | 'kafka.security.protocol' is not as",
      })
  void a_url_that_asks_for_what_there_is_not_is_refused(String url, String sentence) {
    assertThatThrownBy(() -> Leat.connect(url))
        .isInstanceOfAny(BadConfiguration.class, BrokerUnavailable.class)
        .hasMessageContaining(sentence)
        .hasMessageNotContaining("s3cret")
        .satisfies(refused -> assertThat(refused.getCause()).isNull());
  }

  @Test
  void where_nobody_answers_one_sentence_says_so() {
    assertThatThrownBy(
            () ->
                Leat.connect(
                    "kafka://127.0.0.1:1?kafka.default.api.timeout.ms=300&kafka.request.timeout.ms=200"))
        .isInstanceOf(BrokerUnavailable.class)
        .hasMessage(
            "no Kafka answers at kafka://127.0.0.1:1?kafka.default.api.timeout.ms=***&kafka.request.timeout.ms=***: is it running, and is the address right?");
  }

  @Test
  void what_is_too_large_for_kafka_is_refused() {
    try (Leat leat = Leat.connect(KafkaServerProcess.shared().url())) {
      assertThatThrownBy(
              () -> leat.caller().send("large", "x", Payload.binary(new byte[2_000_000])))
          .isInstanceOf(BadMessage.class);
    }
  }

  @Test
  void what_two_processes_take_out_at_once_each_take_once() {
    Topic topic = Topic.of("two-movers");
    try (Leat one = Leat.connect(KafkaServerProcess.shared().url());
        Leat other = Leat.connect(KafkaServerProcess.shared().url())) {
      List<String> letters = new ArrayList<>();
      for (int i = 0; i < 60; i++) {
        Message letter = message("letter " + i);
        Awaiting.result(one.broker().append(new Append(topic.deadLetters(), letter)));
      }
      Awaiting.result(one.broker().range(topic.deadLetters(), Position.START, 100))
          .forEach(entry -> letters.add(entry.id()));
      List<CompletionStage<Boolean>> asked = new ArrayList<>();
      for (String id : letters) {
        for (Leat by : List.of(one, other)) {
          asked.add(
              by.broker().move(topic.deadLetters(), id, new Append(topic.incoming(), message(id))));
        }
      }
      assertThat(asked.stream().filter(Awaiting::result)).hasSize(60);
      assertThat(Awaiting.result(one.broker().range(topic.incoming(), Position.START, 100)))
          .extracting(entry -> entry.message().id())
          .containsExactlyInAnyOrderElementsOf(letters);
      assertThat(Awaiting.result(other.broker().health(topic.deadLetters())).length()).hasValue(0);
    }
  }

  @Test
  void a_transaction_leaves_nothing_open_for_a_group_that_has_completed_all() {
    Topic topic = Topic.of("markers");
    try (Leat leat = Leat.connect(KafkaServerProcess.shared().url())) {
      leat.worker("markers").on("x", String.class, (text, request) -> text).start();
      Awaiting.result(leat.broker().append(new Append(topic.deadLetters(), message("letter"))));
      Entry letter =
          Awaiting.result(leat.broker().range(topic.deadLetters(), Position.START, 1)).getFirst();
      assertThat(
              Awaiting.result(
                  leat.broker()
                      .move(
                          topic.deadLetters(),
                          letter.id(),
                          new Append(topic.incoming(), message("again")))))
          .isTrue();
      Awaiting.until(
          "nothing is open",
          () ->
              Awaiting.result(leat.broker().health(topic.incoming())).groups().stream()
                  .anyMatch(group -> group.unfinished().orElse(1) == 0));
    }
  }

  private static Message message(String id) {
    return new Message(id, "x", "", Headers.NONE, "", Payload.text(id));
  }

  @Test
  void a_record_that_is_no_cloud_event_is_a_dead_letter_and_stops_nobody() {
    try (Leat leat = Leat.connect(KafkaServerProcess.shared().url())) {
      leat.worker("strange").on("echo", String.class, (text, request) -> text).start();
      assertThat(leat.caller().call("strange", "echo", "a", String.class, LONG)).isEqualTo("a");
      byte[] noEvent = "no event".getBytes(StandardCharsets.UTF_8);
      KafkaServerProcess.shared()
          .produce(List.of(new ProducerRecord<>("strange.requests", noEvent)));
      Awaiting.until(
          "it is given up",
          () -> Awaiting.result(leat.broker().range(letters(), Position.START, 9)).size() == 1);
      Entry kept = Awaiting.result(leat.broker().range(letters(), Position.START, 9)).getFirst();
      DeadLetter letter = DeadLetter.read(kept.message());
      assertThat(letter.isOfBrokenEntry()).isTrue();
      assertThat(letter.detail()).contains("no CloudEvent in binary mode");
      assertThat(letter.message().payload().bytes()).isEqualTo(noEvent);
      for (String text : List.of("b", "c", "d", "e")) {
        assertThat(leat.caller().call("strange", "echo", text, String.class, LONG)).isEqualTo(text);
      }
    }
  }

  private static StreamRef letters() {
    return Topic.of("strange").deadLetters();
  }
}
