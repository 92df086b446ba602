package dev.leat.wire;

import dev.leat.Payload;
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

  /**
   * What a payload is.
   *
   * @throws tools.jackson.core.JacksonException if it is no JSON
   */
  static JsonNode read(Payload payload) {
    return JSON.readTree(payload.bytes());
  }

  static byte[] write(JsonNode tree) {
    return JSON.writeValueAsBytes(tree);
  }
}
