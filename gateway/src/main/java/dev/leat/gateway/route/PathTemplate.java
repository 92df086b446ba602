package dev.leat.gateway.route;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * A path with parameters, such as <code>/users/{id}</code>. A parameter takes exactly one segment,
 * but for one at the end such as <code>/files/{path*}</code>, which takes all that is left.
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

    /** Takes this segment and all behind it, slashes and all; at the end alone. */
    record Rest(String name) implements Segment {}
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
    refuseWhatNeverMatches(text);
    List<Segment> segments = new ArrayList<>();
    for (String part : text.substring(1).split("/", -1)) {
      if (!segments.isEmpty() && segments.getLast() instanceof Segment.Rest) {
        throw new IllegalArgumentException(
            "path " + text + ": what takes all that is left stands at the end");
      }
      segments.add(segment(text, part));
    }
    PathTemplate template = new PathTemplate(text, List.copyOf(segments));
    Set<String> names = new HashSet<>();
    for (String name : template.parameters()) {
      if (!names.add(name)) {
        throw new IllegalArgumentException(
            "path " + text + " has two parameters named '" + name + "'");
      }
    }
    return template;
  }

  private static void refuseWhatNeverMatches(String text) {
    if (text.indexOf('?') >= 0 || text.indexOf('#') >= 0) {
      throw new IllegalArgumentException(
          "path " + text + ": a path has no query, whose parameters reach the worker anyway");
    }
    if (text.indexOf('%') >= 0) {
      throw new IllegalArgumentException(
          "path " + text + ": it is compared decoded, so write it without '%'");
    }
  }

  /** The parameters' names, in order. */
  List<String> parameters() {
    List<String> names = new ArrayList<>();
    for (Segment segment : segments) {
      switch (segment) {
        case Segment.Parameter parameter -> names.add(parameter.name());
        case Segment.Rest rest -> names.add(rest.name());
        case Segment.Literal literal -> {}
      }
    }
    return names;
  }

  private static Segment segment(String template, String part) {
    if (part.length() > 2 && part.startsWith("{") && part.endsWith("}")) {
      String name = part.substring(1, part.length() - 1);
      boolean rest = name.length() > 1 && name.endsWith("*");
      String plain = rest ? name.substring(0, name.length() - 1) : name;
      if (plain.indexOf('{') < 0 && plain.indexOf('}') < 0 && plain.indexOf('*') < 0) {
        return rest ? new Segment.Rest(plain) : new Segment.Parameter(plain);
      }
    }
    if (part.indexOf('*') >= 0) {
      throw new IllegalArgumentException(
          "path " + template + ": all that is left is taken by a name, as in /files/{path*}");
    }
    if (part.indexOf('{') >= 0 || part.indexOf('}') >= 0) {
      throw new IllegalArgumentException(
          "path " + template + ": a parameter is a whole segment, as in /users/{id}");
    }
    return new Segment.Literal(part);
  }
}
