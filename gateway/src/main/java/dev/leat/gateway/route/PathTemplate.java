package dev.leat.gateway.route;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * A path with parameters, such as <code>/users/{id}</code>. A parameter takes exactly one segment.
 *
 * @param text as written
 * @param segments between the slashes
 */
record PathTemplate(String text, List<Segment> segments) {
  /** One step of a path. */
  sealed interface Segment {
    /** Taken as it stands. */
    record Literal(String text) implements Segment {}

    /** Takes whatever stands there. */
    record Parameter(String name) implements Segment {}
  }

  /**
   * Reads a template.
   *
   * @throws IllegalArgumentException that says what is wrong with it
   */
  static PathTemplate parse(String text) {
    if (!text.startsWith("/")) {
      throw new IllegalArgumentException("a path begins with '/', this one is '" + text + "'");
    }
    List<Segment> segments = new ArrayList<>();
    Set<String> names = new HashSet<>();
    for (String part : text.substring(1).split("/", -1)) {
      Segment segment = segment(text, part);
      if (segment instanceof Segment.Parameter parameter && !names.add(parameter.name())) {
        throw new IllegalArgumentException(
            "path " + text + " has two parameters named '" + parameter.name() + "'");
      }
      segments.add(segment);
    }
    return new PathTemplate(text, List.copyOf(segments));
  }

  /** The parameters' names, in order. */
  List<String> parameters() {
    List<String> names = new ArrayList<>();
    for (Segment segment : segments) {
      if (segment instanceof Segment.Parameter parameter) {
        names.add(parameter.name());
      }
    }
    return names;
  }

  private static Segment segment(String template, String part) {
    if (part.length() > 2 && part.startsWith("{") && part.endsWith("}")) {
      String name = part.substring(1, part.length() - 1);
      if (name.indexOf('{') < 0 && name.indexOf('}') < 0) {
        return new Segment.Parameter(name);
      }
    }
    if (part.indexOf('{') >= 0 || part.indexOf('}') >= 0) {
      throw new IllegalArgumentException(
          "path " + template + ": a parameter is a whole segment, as in /users/{id}");
    }
    return new Segment.Literal(part);
  }
}
