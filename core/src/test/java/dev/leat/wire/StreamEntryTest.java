package dev.leat.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.leat.BadMessage;
import dev.leat.Dialect;
import dev.leat.Encoding;
import dev.leat.Headers;
import dev.leat.Message;
import dev.leat.Payload;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Runs the vectors that any implementation of the two dialects can run. */
class StreamEntryTest {
  @TestFactory
  Stream<DynamicTest> a_message_becomes_exactly_these_strings() {
    return each(
        "exact", (v, dialect) -> assertStrings(StreamEntry.encode(message(v), dialect), entry(v)));
  }

  @TestFactory
  Stream<DynamicTest> these_strings_become_exactly_that_message() {
    Check check =
        (v, dialect) -> {
          EntryStrings entry = EntryStrings.of(entry(v));
          assertThat(StreamEntry.dialect(entry)).isEqualTo(dialect);
          assertThat(StreamEntry.decode(entry)).isEqualTo(message(v));
        };
    return Stream.concat(each("exact", check), each("readable", check));
  }

  @TestFactory
  Stream<DynamicTest> an_entry_that_breaks_the_protocol_is_refused_with_its_cause() {
    return each(
        "broken",
        (v, dialect) ->
            assertThatThrownBy(() -> StreamEntry.decode(EntryStrings.of(entry(v))))
                .isInstanceOf(BadMessage.class)
                .hasMessage(v.get("cause").asString()));
  }

  @Test
  void eight_strings_are_packed_whatever_they_say() {
    EntryStrings entry = strings("messageId", "x", "payload", "nil", "json", "", "", "{}");

    assertThat(StreamEntry.dialect(entry)).isEqualTo(Dialect.PACKED);
    assertThat(StreamEntry.decode(entry).id()).isEqualTo("messageId");
  }

  @Test
  void who_waits_is_known_although_the_rest_is_broken() {
    assertThat(StreamEntry.asker(strings("x", "t", "to", "{oops", "json", "", "", "{}")))
        .hasValueSatisfying(asker -> assertThat(asker.id()).isEqualTo("x"))
        .hasValueSatisfying(asker -> assertThat(asker.destination()).isEqualTo("to"));
    assertThat(StreamEntry.asker(strings("incomingStream", "to", "messageId", "x")))
        .hasValueSatisfying(asker -> assertThat(asker.id()).isEqualTo("x"))
        .hasValueSatisfying(asker -> assertThat(asker.destination()).isEqualTo("to"));
  }

  @Test
  void nobody_waits_where_that_cannot_be_read() {
    assertThat(StreamEntry.asker(strings("x", "t", "", "{oops", "json", "", "", "{}"))).isEmpty();
    assertThat(StreamEntry.asker(strings("", "t", "to", "nil", "json", "", "", "{}"))).isEmpty();
    assertThat(StreamEntry.asker(strings("x", "t"))).isEmpty();
    assertThat(StreamEntry.asker(strings("messageId", "x", "a", "b"))).isEmpty();
    assertThat(StreamEntry.asker(strings())).isEmpty();
  }

  @Test
  void raw_strings_are_shown_as_they_are_and_bytes_as_base64() {
    EntryStrings entry =
        EntryStrings.of(
            List.of("ü\n".getBytes(StandardCharsets.UTF_8), new byte[] {(byte) 0xFF}, new byte[0]));

    assertThat(StreamEntry.raw(entry).asText()).isEqualTo("[\"ü\\n\",{\"base64\":\"/w==\"},\"\"]");
  }

  private interface Check {
    void run(JsonNode vector, Dialect dialect);
  }

  private static Stream<DynamicTest> each(String group, Check check) {
    return Stream.of(Dialect.values())
        .flatMap(
            dialect -> {
              JsonNode vectors =
                  read("/vectors/" + dialect.name().toLowerCase(Locale.ROOT) + ".json").get(group);
              assertThat(vectors).isNotEmpty();
              return vectors
                  .valueStream()
                  .map(
                      v ->
                          DynamicTest.dynamicTest(
                              dialect + ": " + v.get("name").asString(),
                              () -> check.run(v, dialect)));
            });
  }

  private static EntryStrings strings(String... texts) {
    return EntryStrings.of(
        Stream.of(texts).map(text -> text.getBytes(StandardCharsets.UTF_8)).toList());
  }

  private static void assertStrings(List<byte[]> actual, List<byte[]> expected) {
    assertThat(actual).hasSameSizeAs(expected);
    for (int i = 0; i < expected.size(); i++) {
      assertThat(actual.get(i)).as("string %d", i).isEqualTo(expected.get(i));
    }
  }

  private static Message message(JsonNode vector) {
    JsonNode m = vector.get("message");
    Headers.Builder headers = Headers.builder();
    m.get("headers")
        .propertyStream()
        .forEach(h -> headers.set(h.getKey(), h.getValue().asString()));
    Encoding encoding = Encoding.valueOf(m.get("encoding").asString().toUpperCase(Locale.ROOT));
    return new Message(
        m.get("id").asString(),
        m.get("type").asString(),
        m.get("destination").asString(),
        headers.build(),
        m.get("source").asString(),
        Payload.of(encoding, bytes(m.get("payload"))));
  }

  private static List<byte[]> entry(JsonNode vector) {
    List<byte[]> strings = new ArrayList<>();
    vector.get("entry").forEach(s -> strings.add(bytes(s)));
    return strings;
  }

  private static byte[] bytes(JsonNode string) {
    return string.isString()
        ? string.asString().getBytes(StandardCharsets.UTF_8)
        : Base64.getDecoder().decode(string.get("base64").asString());
  }

  private static JsonNode read(String resource) {
    try (InputStream in =
        Objects.requireNonNull(StreamEntryTest.class.getResourceAsStream(resource), resource)) {
      return JsonMapper.shared().readTree(in);
    } catch (IOException unreadable) {
      throw new IllegalStateException(resource, unreadable);
    }
  }
}
