package dev.leat.wire;

import dev.leat.Payload;
import java.util.List;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What a payload has to say to be chosen: that a JSON pointer (RFC 6901) leads to a value. Where a
 * segment is {@code *} any member or element will do. Immutable.
 */
public final class PayloadCondition {
  private final List<String> pointer;
  private final String value;

  private PayloadCondition(List<String> pointer, String value) {
    this.pointer = pointer;
    this.value = value;
  }

  /**
   * Reads one such as {@code /user/id=7}: the value is that of a number or of a string, or {@code
   * true}, {@code false}, {@code null}.
   *
   * @throws IllegalArgumentException if it is none
   */
  public static PayloadCondition parse(String text) {
    int equals = text.indexOf('=');
    if (equals < 0) {
      throw new IllegalArgumentException(
          "'%s' does not say what stands there, as in /user/id=7".formatted(text));
    }
    return new PayloadCondition(
        PointerRules.segments(text.substring(0, equals).strip()),
        text.substring(equals + 1).strip());
  }

  /** Whether a payload is JSON and has that value there. */
  public boolean isMetBy(Payload payload) {
    try {
      return payload.size() > 0 && isMetBy(JsonTrees.read(payload), 0);
    } catch (JacksonException noJson) {
      return false;
    }
  }

  private boolean isMetBy(JsonNode node, int depth) {
    if (depth == pointer.size()) {
      return node.isValueNode() && node.asString().equals(value);
    }
    String segment = pointer.get(depth);
    if (node instanceof ObjectNode object) {
      return object.properties().stream()
          .filter(member -> PointerRules.takes(segment, member.getKey()))
          .anyMatch(member -> isMetBy(member.getValue(), depth + 1));
    }
    if (node instanceof ArrayNode array) {
      for (int i = 0; i < array.size(); i++) {
        if (PointerRules.takes(segment, Integer.toString(i)) && isMetBy(array.get(i), depth + 1)) {
          return true;
        }
      }
    }
    return false;
  }
}
