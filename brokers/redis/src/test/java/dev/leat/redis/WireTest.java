package dev.leat.redis;

import static dev.leat.testkit.Awaiting.result;
import static dev.leat.testkit.Awaiting.until;
import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.Leat;
import dev.leat.Message;
import dev.leat.Payload;
import dev.leat.Position;
import dev.leat.Topic;
import dev.leat.wire.DeadLetter;
import dev.leat.wire.EntryStrings;
import dev.leat.wire.ProblemReply;
import dev.leat.wire.StreamEntry;
import dev.leat.wire.StreamKeys;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What others write into a stream and find in one, string by string. */
class WireTest {
  private static final Topic TOPIC = Topic.of("my-stream-topic");
  private static final String INCOMING = "my-stream-topic::DEFAULT::CONSUMER_INCOMING";
  private static final String REPLIES = "my-stream-topic::DEFAULT::PRODUCER_OUTGOING";
  private static final String ID = "3b241101-e2bb-4255-8caf-4136c566a962";
  private static final List<String> NAMES =
      List.of(
          "messageId",
          "messageType",
          "incomingStream",
          "messageHeaders",
          "messageProtocol",
          "messageSourceId",
          "payload");

  private final RedisServerProcess redis = RedisServerProcess.start(RedisServerProcess.CURRENT);
  private final Leat leat = Leat.connect(redis.url());
  private final RedisClient client = new RedisClient(redis.port());

  @BeforeEach
  void startWorker() {
    leat.worker("my-stream-topic")
        .named("answerer")
        .on("resp", Payload.class, (payload, request) -> payload)
        .start();
  }

  @AfterEach
  void stop() {
    client.close();
    leat.close();
    redis.close();
  }

  @Test
  void a_packed_request_of_streamerson_is_answered_in_the_same_form() {
    write(ID, "resp", REPLIES, "nil", "json", "", "UnoccupiedField", "{\"hello\": \"world\"}");

    assertThat(firstOf(REPLIES))
        .containsExactly(
            ID,
            "resp",
            "",
            "nil",
            "json",
            "answerer-1",
            "UnoccupiedField",
            "{\"hello\": \"world\"}");
  }

  @Test
  void a_named_request_of_streamerson_is_answered_in_the_named_form() {
    write(named(ID, "resp", REPLIES, "nil", "json", "gateway", "{\"hello\": \"world\"}"));

    assertThat(firstOf(REPLIES))
        .containsExactly(
            named(ID, "resp", "", "nil", "json", "answerer-1", "{\"hello\": \"world\"}"));
  }

  @Test
  void a_failure_is_told_in_the_dialect_of_the_request() {
    write(named(ID, "unheard.of", REPLIES, "nil", "json", "gateway", "{}"));

    assertThat(firstOf(REPLIES)).hasSize(14).contains("messageId", ID);
    assertThat(firstOf(REPLIES).getLast()).contains("\"status\":501");
    assertThat(deadLetters(1).getFirst().type()).isEqualTo("unheard.of");
  }

  @Test
  void who_waits_for_an_entry_that_breaks_the_protocol_is_told_at_once() {
    write(ID, "resp", REPLIES, "{oops", "json", "", "UnoccupiedField", "1");

    Message answer = decoded(REPLIES);
    assertThat(answer.id()).isEqualTo(ID);
    assertThat(ProblemReply.read(answer).status()).isEqualTo(400);
    assertThat(ProblemReply.read(answer).detail())
        .isEqualTo("the headers are not a JSON object of strings");
  }

  @Test
  void who_waits_for_a_named_entry_without_a_payload_is_told_in_the_named_dialect() {
    write("messageId", ID, "incomingStream", REPLIES);

    assertThat(firstOf(REPLIES)).hasSize(14);
    assertThat(ProblemReply.read(decoded(REPLIES)).detail())
        .isEqualTo("the field messageType is missing");
  }

  @Test
  void what_breaks_the_protocol_is_a_dead_letter_with_its_raw_strings_and_stops_nobody() {
    write("only", "one pair");
    write(ID, "resp", "", "{oops", "json", "", "UnoccupiedField", "1");
    client.send(
        Command.of("XADD", INCOMING, "*", "x", "resp", "", "nil", "text", "", "UnoccupiedField")
            .and(List.of(new byte[] {(byte) 0xFF})));
    write(ID, "resp", REPLIES, "nil", "json", "", "UnoccupiedField", "1");

    assertThat(firstOf(REPLIES)).contains(ID, "1");
    assertThat(deadLetters(3))
        .extracting(letter -> DeadLetter.read(letter).detail())
        .containsExactly(
            "an entry has 8 strings, this one has 2",
            "the headers are not a JSON object of strings",
            "the text payload is not UTF-8");
    assertThat(deadLetters(3))
        .extracting(letter -> letter.payload().asText())
        .containsExactly(
            "[\"only\",\"one pair\"]",
            "[\"" + ID + "\",\"resp\",\"\",\"{oops\",\"json\",\"\",\"UnoccupiedField\",\"1\"]",
            "[\"x\",\"resp\",\"\",\"nil\",\"text\",\"\",\"UnoccupiedField\",{\"base64\":\"/w==\"}]");
  }

  @Test
  void a_payload_that_is_not_the_json_it_says_is_a_dead_letter_too() {
    write(ID, "resp", REPLIES, "nil", "json", "", "UnoccupiedField", "{oops");

    assertThat(ProblemReply.read(decoded(REPLIES)).status()).isEqualTo(400);
    Message letter = deadLetters(1).getFirst();
    assertThat(letter.id()).isEqualTo(ID);
    assertThat(letter.payload().asText()).isEqualTo("{oops");
  }

  private void write(String... strings) {
    client.send(Command.of("XADD", INCOMING, "*").and(strings));
  }

  private static String[] named(String... values) {
    return Stream.iterate(0, i -> i < values.length, i -> i + 1)
        .flatMap(i -> Stream.of(NAMES.get(i), values[i]))
        .toArray(String[]::new);
  }

  private List<String> firstOf(String stream) {
    return new Resp.Strings(strings(stream)).items().stream().map(Resp::text).toList();
  }

  private Message decoded(String stream) {
    return StreamEntry.decode(strings(stream));
  }

  private EntryStrings strings(String stream) {
    until("something is in " + stream, () -> client.send("XLEN", stream).number() > 0);
    return RawEntry.ofStream(client.send("XRANGE", stream, "-", "+")).getFirst().content();
  }

  private List<Message> deadLetters(int count) {
    until(
        "there are dead letters",
        () -> client.send("XLEN", StreamKeys.of(TOPIC.deadLetters())).number() >= count);
    return result(leat.broker().range(TOPIC.deadLetters(), Position.START, 10)).stream()
        .map(entry -> entry.message())
        .toList();
  }
}
