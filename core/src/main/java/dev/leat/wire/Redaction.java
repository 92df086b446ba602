package dev.leat.wire;

import dev.leat.Encoding;
import dev.leat.Payload;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
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
  public static final Redaction NONE = new Redaction(Map.of());

  /** The type whose rules are those of all types. */
  private static final String ALL = "*";

  private static final String HIDDEN = "***";

  /** Numbers stay as they are; what stands behind a document makes it none. */
  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  /** Pointers by type, each as its segments. */
  private final Map<String, List<List<String>>> rules;

  private Redaction(Map<String, List<List<String>>> rules) {
    this.rules = rules;
  }

  /**
   * Reads rules such as {@code user.create=/password,/card/number;*=/token}.
   *
   * @throws IllegalArgumentException if they are none
   */
  public static Redaction parse(String text) {
    Map<String, List<List<String>>> rules = new LinkedHashMap<>();
    for (String rule : text.split(";", -1)) {
      if (rule.isBlank()) {
        continue;
      }
      int equals = rule.indexOf('=');
      if (equals < 1) {
        throw new IllegalArgumentException(
            "'%s' does not say what is hidden, as in user.create=/password,/card/number"
                .formatted(rule.strip()));
      }
      List<List<String>> pointers =
          rules.computeIfAbsent(rule.substring(0, equals).strip(), first -> new ArrayList<>());
      for (String pointer : rule.substring(equals + 1).split(",", -1)) {
        pointers.add(segments(pointer.strip()));
      }
    }
    return new Redaction(rules);
  }

  private static List<String> segments(String pointer) {
    if (!pointer.startsWith("/")) {
      throw new IllegalArgumentException(
          "'%s' is no JSON pointer, which begins with a slash, as in /card/number"
              .formatted(pointer));
    }
    List<String> segments = new ArrayList<>();
    for (String part : pointer.substring(1).split("/", -1)) {
      segments.add(part.replace("~1", "/").replace("~0", "~"));
    }
    return segments;
  }

  /** What of a payload may be shown, of a request of a type or of its reply. */
  public Payload of(String type, Payload payload) {
    List<List<String>> pointers = new ArrayList<>(rules.getOrDefault(ALL, List.of()));
    boolean isOwn = rules.containsKey(type);
    pointers.addAll(rules.getOrDefault(type, List.of()));
    if (pointers.isEmpty() || payload.size() == 0) {
      return payload;
    }
    try {
      JsonNode all = JSON.readTree(payload.bytes());
      pointers.forEach(pointer -> hide(all, pointer, 0));
      return Payload.of(Encoding.JSON, JSON.writeValueAsBytes(all));
    } catch (JacksonException unreadable) {
      return isOwn || looksLikeJson(payload) ? Payload.text(HIDDEN) : payload;
    }
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
        if (segment.equals(ALL) || segment.equals(name)) {
          if (isLast) {
            object.put(name, HIDDEN);
          } else {
            hide(object.get(name), pointer, depth + 1);
          }
        }
      }
    } else if (node instanceof ArrayNode array) {
      for (int i = 0; i < array.size(); i++) {
        if (segment.equals(ALL) || segment.equals(Integer.toString(i))) {
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
