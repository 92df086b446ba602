package dev.leat.wire;

import dev.leat.BadMessage;
import dev.leat.Headers;
import java.io.ByteArrayOutputStream;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/**
 * Headers as the wire has them: {@code nil}, or a JSON object of strings. Numbers, {@code true} and
 * {@code false} are read as their text: where they are at hand a writer easily forgets the quotes.
 */
final class HeadersJson {
  private static final String NONE = "nil";
  private static final JsonFactory JSON = JsonFactory.builder().build();

  /** Bytes that headers may have; those of a dead letter have some of its own beside them. */
  private static final int MOST_BYTES = 256 << 10;

  private static final int MOST_BYTES_OF_LETTER = 2 * MOST_BYTES;

  /** Headers of its own that a dead letter has at most. */
  private static final int OWN_OF_LETTER = 32;

  private HeadersJson() {}

  static byte[] encode(Headers headers) {
    if (headers.isEmpty()) {
      return Utf8.encode(NONE);
    }
    byte[] plain = PlainHeaders.encode(headers);
    if (plain != null) {
      return plain;
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream(32 * headers.size());
    try (JsonGenerator json = JSON.createGenerator(ObjectWriteContext.empty(), out)) {
      json.writeStartObject();
      headers.forEach(json::writeStringProperty);
      json.writeEndObject();
    }
    return out.toByteArray();
  }

  /** The headers that a string of an entry holds. */
  static Headers decode(EntryStrings entry, int position) {
    int size = entry.to(position) - entry.from(position);
    if (size > MOST_BYTES_OF_LETTER) {
      throw tooLarge(size);
    }
    Headers headers = decoded(entry, position);
    boolean letter = headers.has(DeadLetter.CAUSE);
    if (size > MOST_BYTES && !letter) {
      throw tooLarge(size);
    }
    int most = letter ? Headers.MOST + OWN_OF_LETTER : Headers.MOST;
    if (headers.size() > most) {
      throw new BadMessage(
          "%d headers are more than the %d that a message may have"
              .formatted(headers.size(), most));
    }
    return headers;
  }

  private static BadMessage tooLarge(int size) {
    return new BadMessage(
        "headers of %d bytes are more than the %d that they may have".formatted(size, MOST_BYTES));
  }

  private static Headers decoded(EntryStrings entry, int position) {
    Headers plain = PlainHeaders.decode(entry.bytes(), entry.from(position), entry.to(position));
    if (plain != null) {
      return plain;
    }
    String text = entry.text(position, "the headers");
    if (text.isEmpty() || text.equals(NONE)) {
      return Headers.NONE;
    }
    try (JsonParser json = JSON.createParser(ObjectReadContext.empty(), text)) {
      return read(json);
    } catch (JacksonException malformed) {
      throw new BadMessage("the headers are not a JSON object of strings", malformed);
    }
  }

  private static Headers read(JsonParser json) {
    expect(json.nextToken(), JsonToken.START_OBJECT);
    Headers.Builder headers = Headers.builder();
    while (json.nextToken() == JsonToken.PROPERTY_NAME) {
      String name = json.currentName();
      if (!json.nextToken().isScalarValue() || json.hasToken(JsonToken.VALUE_NULL)) {
        throw notStrings();
      }
      if (name.isEmpty()) {
        throw new BadMessage("a header has an empty name");
      }
      headers.set(name, json.getString());
    }
    if (json.nextToken() != null) {
      throw new BadMessage("the headers go on after their JSON object");
    }
    return headers.build();
  }

  private static void expect(JsonToken actual, JsonToken expected) {
    if (actual != expected) {
      throw notStrings();
    }
  }

  private static BadMessage notStrings() {
    return new BadMessage("the headers are not a JSON object of strings");
  }
}
