package dev.leat.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.leat.BadMessage;
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
import org.junit.jupiter.api.TestFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Runs the vectors that any implementation of the packed binding can run. */
class PackedEntryTest {
  private final JsonNode vectors = read("/vectors/packed.json");

  @TestFactory
  Stream<DynamicTest> a_message_becomes_exactly_these_strings() {
    return each("exact", v -> assertStrings(PackedEntry.encode(message(v)), entry(v)));
  }

  @TestFactory
  Stream<DynamicTest> these_strings_become_exactly_that_message() {
    return Stream.concat(
        each("exact", v -> assertThat(PackedEntry.decode(entry(v))).isEqualTo(message(v))),
        each("readable", v -> assertThat(PackedEntry.decode(entry(v))).isEqualTo(message(v))));
  }

  @TestFactory
  Stream<DynamicTest> an_entry_that_breaks_the_protocol_is_refused_with_its_cause() {
    return each(
        "broken",
        v ->
            assertThatThrownBy(() -> PackedEntry.decode(entry(v)))
                .isInstanceOf(BadMessage.class)
                .hasMessage(v.get("cause").asString()));
  }

  private interface Check {
    void run(JsonNode vector);
  }

  private Stream<DynamicTest> each(String group, Check check) {
    assertThat(vectors.get(group)).isNotEmpty();
    return vectors
        .get(group)
        .valueStream()
        .map(v -> DynamicTest.dynamicTest(v.get("name").asString(), () -> check.run(v)));
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
        Objects.requireNonNull(PackedEntryTest.class.getResourceAsStream(resource), resource)) {
      return JsonMapper.shared().readTree(in);
    } catch (IOException unreadable) {
      throw new IllegalStateException(resource, unreadable);
    }
  }
}
