package dev.leat.wire;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * JSON pointers (RFC 6901) by the type of a request: where a segment is {@code *} it is any member
 * or element. Immutable.
 */
final class PointerRules {
  /** The type whose rules are those of all types, and the segment that is any. */
  static final String ALL = "*";

  static final PointerRules NONE = new PointerRules(Map.of());

  /** Pointers by type, each as its segments. */
  private final Map<String, List<List<String>>> rules;

  private PointerRules(Map<String, List<List<String>>> rules) {
    this.rules = rules;
  }

  /**
   * Reads rules such as {@code user.create=/password,/card/number;*=/token}.
   *
   * @param purpose what they are for, as in "is hidden"
   * @throws IllegalArgumentException if they are none
   */
  static PointerRules parse(String text, String purpose) {
    Map<String, List<List<String>>> rules = new LinkedHashMap<>();
    for (String rule : text.split(";", -1)) {
      if (rule.isBlank()) {
        continue;
      }
      int equals = rule.indexOf('=');
      if (equals < 1) {
        throw new IllegalArgumentException(
            "'%s' does not say what %s, as in user.create=/password,/card/number"
                .formatted(rule.strip(), purpose));
      }
      List<List<String>> pointers =
          rules.computeIfAbsent(rule.substring(0, equals).strip(), first -> new ArrayList<>());
      for (String pointer : rule.substring(equals + 1).split(",", -1)) {
        pointers.add(segments(pointer.strip()));
      }
    }
    return new PointerRules(rules);
  }

  /** The segments of a pointer, without what escapes signs in them. */
  static List<String> segments(String pointer) {
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

  /** A pointer to a member or element below another. */
  static String below(String pointer, String segment) {
    return pointer + "/" + segment.replace("~", "~0").replace("/", "~1");
  }

  /** Whether a segment of a rule is that of a member, or of any. */
  static boolean takes(String segment, String name) {
    return segment.equals(ALL) || segment.equals(name);
  }

  /** Those of a type, and of all. */
  List<List<String>> of(String type) {
    List<List<String>> pointers = new ArrayList<>(rules.getOrDefault(ALL, List.of()));
    if (!type.equals(ALL)) {
      pointers.addAll(rules.getOrDefault(type, List.of()));
    }
    return pointers;
  }

  /** Whether a type has some of its own. */
  boolean hasOwn(String type) {
    return rules.containsKey(type);
  }
}
