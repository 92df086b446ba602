package dev.leat.wire;

import dev.leat.Encoding;
import dev.leat.Message;
import dev.leat.Payload;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What of payloads is not shown to people: by the type of the request, JSON pointers (RFC 6901) to
 * what is replaced, in it and in its reply. A segment {@code *} is any member or element. Of a
 * payload that cannot be read as JSON nothing is shown where there is a rule for its type.
 * Immutable.
 */
public final class Redaction {
  /** Nothing is hidden. */
  public static final Redaction NONE = new Redaction(PointerRules.NONE);

  static final String HIDDEN = "***";

  private final PointerRules rules;

  private Redaction(PointerRules rules) {
    this.rules = rules;
  }

  /**
   * Reads rules such as {@code user.create=/password,/card/number;*=/token}.
   *
   * @throws IllegalArgumentException if they are none
   */
  public static Redaction parse(String text) {
    return new Redaction(PointerRules.parse(text, "is hidden"));
  }

  /** What of a payload may be shown, of a request of a type or of its reply. */
  public Payload of(String type, Payload payload) {
    List<List<String>> pointers = rules.of(type);
    if (pointers.isEmpty() || payload.size() == 0) {
      return payload;
    }
    Optional<JsonNode> tree = JsonTrees.read(payload);
    if (tree.isEmpty()) {
      return rules.hasOwn(type) || looksLikeJson(payload) ? Payload.text(HIDDEN) : payload;
    }
    JsonNode all = tree.get();
    pointers.forEach(pointer -> hide(all, pointer, 0));
    return Payload.of(Encoding.JSON, JsonTrees.write(all));
  }

  /** The same of a message. */
  public Message of(String type, Message message) {
    Payload shown = of(type, message.payload());
    return shown.equals(message.payload())
        ? message
        : new Message(
            message.id(),
            message.type(),
            message.destination(),
            message.headers(),
            message.source(),
            shown);
  }

  /** Whoever adds a sign to what would be hidden is not to be shown for it. */
  private static boolean looksLikeJson(Payload payload) {
    String begin = payload.asText().stripLeading();
    return payload.encoding() == Encoding.JSON || begin.startsWith("{") || begin.startsWith("[");
  }

  private static void hide(JsonNode node, List<String> pointer, int depth) {
    String segment = pointer.get(depth);
    boolean isLast = depth + 1 == pointer.size();
    if (node instanceof ObjectNode object) {
      for (String name : List.copyOf(object.propertyNames())) {
        if (PointerRules.takes(segment, name)) {
          if (isLast) {
            object.put(name, HIDDEN);
          } else {
            hide(object.get(name), pointer, depth + 1);
          }
        }
      }
    } else if (node instanceof ArrayNode array) {
      for (int i = 0; i < array.size(); i++) {
        if (PointerRules.takes(segment, Integer.toString(i))) {
          if (isLast) {
            array.set(i, HIDDEN);
          } else {
            hide(array.get(i), pointer, depth + 1);
          }
        }
      }
    }
  }
}
