package dev.leat.gateway.http;

import dev.leat.Encoding;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What a {@code Content-Type} header says (RFC 9110, section 8.3.1).
 *
 * @param name type and subtype in lower case; empty where there is no header
 * @param header as it stands; empty where there is none
 */
record MediaType(String name, String header) {
  private static final Optional<Charset> UTF_8 = Optional.of(StandardCharsets.UTF_8);
  private static final MediaType NONE = new MediaType("", "");
  private static final MediaType JSON = new MediaType("application/json", "application/json");

  static MediaType of(@Nullable String header) {
    if (header == null) {
      return NONE;
    }
    if (header.equals(JSON.header)) {
      return JSON;
    }
    int end = header.indexOf(';');
    String name = (end < 0 ? header : header.substring(0, end)).strip();
    return new MediaType(name.toLowerCase(Locale.ROOT), header);
  }

  Encoding encoding() {
    if (name.equals("application/json") || name.endsWith("+json")) {
      return Encoding.JSON;
    }
    return name.startsWith("text/") ? Encoding.TEXT : Encoding.BINARY;
  }

  /**
   * What a worker is told of it; empty where the encoding alone says it. Text travels as UTF-8, and
   * so does what says that it was something else.
   */
  Optional<String> travelling() {
    return switch (encoding()) {
      case JSON -> name.equals("application/json") ? Optional.empty() : Optional.of(header);
      case TEXT ->
          name.equals("text/plain") && !header.contains(";")
              ? Optional.empty()
              : Optional.of(charset().equals(UTF_8) ? header : withCharset("utf-8"));
      case BINARY -> name.isEmpty() ? Optional.empty() : Optional.of(header);
    };
  }

  private String withCharset(String charset) {
    return Arrays.stream(header.split(";", -1))
        .map(part -> isCharset(part.strip()) ? " charset=" + charset : part)
        .collect(Collectors.joining(";"));
  }

  private static boolean isCharset(String parameter) {
    return parameter.regionMatches(true, 0, "charset=", 0, "charset=".length());
  }

  /** The charset of a text; UTF-8 where none is named, empty where it is not known here. */
  Optional<Charset> charset() {
    for (String parameter : header.split(";", -1)) {
      String stripped = parameter.strip();
      if (isCharset(stripped)) {
        String named = stripped.substring("charset=".length()).replace("\"", "").strip();
        try {
          return Optional.of(Charset.forName(named));
        } catch (IllegalArgumentException unknown) {
          return Optional.empty();
        }
      }
    }
    return UTF_8;
  }
}
