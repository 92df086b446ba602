package dev.leat.wire;

import dev.leat.Payload;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Payloads as trees, as exactly as they were written. */
final class JsonTrees {
  /** Numbers stay as they are; what stands behind a document makes it none. */
  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private JsonTrees() {}

  /** What a payload is; empty where it is no JSON, or has a number that is none to us. */
  static Optional<JsonNode> read(Payload payload) {
    try {
      JsonNode tree = JSON.readTree(payload.bytes());
      return tree.isMissingNode() ? Optional.empty() : Optional.of(tree);
    } catch (JacksonException | ArithmeticException | NumberFormatException noJson) {
      return Optional.empty();
    }
  }

  static byte[] write(JsonNode tree) {
    return JSON.writeValueAsBytes(tree);
  }
}
