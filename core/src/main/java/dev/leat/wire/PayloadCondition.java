package dev.leat.wire;

import dev.leat.Payload;
import java.math.BigDecimal;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What a payload has to say to be chosen: that a JSON pointer (RFC 6901) leads to a value. Where a
 * segment is {@code *} any member or element will do. Immutable.
 */
public final class PayloadCondition {
  private final List<String> pointer;

  /** Digits of a number that is compared as one. */
  private static final int LONGEST_NUMBER = 100;

  private final String value;
  private final @Nullable BigDecimal number;

  private PayloadCondition(List<String> pointer, String value) {
    this.pointer = pointer;
    this.value = value;
    this.number = number(value);
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
    return JsonTrees.read(payload).filter(tree -> isMetBy(tree, 0)).isPresent();
  }

  private boolean isMetBy(JsonNode node, int depth) {
    if (depth == pointer.size()) {
      return is(node);
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

  /** Numbers by their value, however they are written. */
  private boolean is(JsonNode node) {
    if (node.isNull()) {
      return value.equals("null");
    }
    if (node.isNumber() && number != null) {
      return node.decimalValue().compareTo(number) == 0;
    }
    return node.isValueNode() && node.asString().equals(value);
  }

  private static @Nullable BigDecimal number(String text) {
    try {
      return text.length() > LONGEST_NUMBER ? null : new BigDecimal(text);
    } catch (NumberFormatException noNumber) {
      return null;
    }
  }
}
