package dev.leat.gateway.http;

import dev.leat.Encoding;
import dev.leat.Payload;
import dev.leat.Problem;
import dev.leat.wire.JsonSyntax;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** What a request's body came to. */
sealed interface Body {
  /** It can travel. */
  record Taken(Payload payload) implements Body {}

  /** It cannot, and this is why. */
  record Refused(Problem problem) implements Body {}

  static Body of(MediaType type, byte[] bytes) {
    if (bytes.length == 0) {
      return new Taken(Payload.EMPTY);
    }
    return switch (type.encoding()) {
      case JSON -> json(bytes);
      case TEXT -> text(type, bytes);
      case BINARY -> new Taken(Payload.binary(bytes));
    };
  }

  private static Body json(byte[] bytes) {
    Optional<String> fault = JsonSyntax.fault(bytes);
    return fault.isEmpty()
        ? new Taken(Payload.of(Encoding.JSON, bytes))
        : new Refused(
            Problem.of(400, "Malformed JSON", "the body is not JSON: " + fault.orElseThrow()));
  }

  /** Text travels as UTF-8, whatever it came in. */
  private static Body text(MediaType type, byte[] bytes) {
    Optional<Charset> charset = type.charset();
    if (charset.isEmpty()) {
      return new Refused(
          Problem.of(415, "Unsupported media type", "the charset of the body is not known here"));
    }
    try {
      String text = charset.orElseThrow().newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
      return new Taken(
          charset.orElseThrow().equals(StandardCharsets.UTF_8)
              ? Payload.of(Encoding.TEXT, bytes)
              : Payload.text(text));
    } catch (CharacterCodingException malformed) {
      return new Refused(
          Problem.of(400, "Malformed text", "the body is not " + charset.orElseThrow().name()));
    }
  }
}
