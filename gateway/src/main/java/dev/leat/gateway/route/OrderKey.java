package dev.leat.gateway.route;

import java.util.Locale;

/**
 * What of a request says what it is about, so that workers that keep order handle those about the
 * same one after the other.
 *
 * @param name of the path's parameter, the query's, or the HTTP header; the last in lower case
 */
public record OrderKey(Source source, String name) {
  /** Where in a request. */
  public enum Source {
    /** A parameter of the path, which every request has. */
    PATH,
    /** A parameter of the query; a request without it is answered 400. */
    QUERY,
    /** An HTTP header; a request without it is answered 400. */
    HEADER;

    private String word() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** Refuses no name. */
  public OrderKey {
    if (name.isEmpty()) {
      throw new IllegalArgumentException("what requests are ordered by has a name");
    }
    name = source == Source.HEADER ? name.toLowerCase(Locale.ROOT) : name;
  }

  /**
   * Reads {@code path.id}, {@code query.account} or {@code header.x-account}.
   *
   * @throws IllegalArgumentException if it is none of them
   */
  public static OrderKey parse(String text) {
    int dot = text.indexOf('.');
    for (Source source : Source.values()) {
      if (dot > 0 && dot < text.length() - 1 && text.substring(0, dot).equals(source.word())) {
        return new OrderKey(source, text.substring(dot + 1));
      }
    }
    throw new IllegalArgumentException(
        "'" + text + "' is none of path.NAME, query.NAME and header.NAME");
  }

  /** As {@link #parse} reads it. */
  @Override
  public String toString() {
    return source.word() + "." + name;
  }
}
