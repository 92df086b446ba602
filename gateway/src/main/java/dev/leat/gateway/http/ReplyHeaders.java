package dev.leat.gateway.http;

import dev.leat.Headers;
import dev.leat.Message;
import dev.leat.gateway.route.Token;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * The headers that a reply gives its response. Nothing of a worker's reaches a client unless it is
 * a header of HTTP (RFC 9110, section 5); what the connection says, a reply cannot (section 7.6.1).
 */
final class ReplyHeaders {
  private static final Set<String> NOT_THE_REPLYS =
      Set.of(
          "connection",
          "content-length",
          "content-type",
          "keep-alive",
          "proxy-authenticate",
          "proxy-connection",
          "te",
          "trailer",
          "transfer-encoding",
          "upgrade");

  private static final String VARY = HttpHeaders.VARY.toString();

  /** Bytes of names and values together: a quarter of what common clients take. */
  private static final int MOST = 64 << 10;

  private final List<String> namesAndValues = new ArrayList<>();
  private int size;

  private ReplyHeaders() {}

  /**
   * Reads them.
   *
   * @throws IllegalArgumentException that says which of them HTTP does not allow
   */
  static ReplyHeaders of(Message reply) {
    ReplyHeaders all = new ReplyHeaders();
    reply.headers().forEach((name, value) -> all.measure(name, value));
    reply.headers().forEach((name, value) -> all.read(reply.headers(), name));
    return all;
  }

  /** What a reply's media type may say; empty if a header can. */
  static Optional<String> fault(String mediaType) {
    return isValue(mediaType)
        ? Optional.empty()
        : Optional.of("the reply's content-type is none of HTTP");
  }

  /** Puts them instead of what the response says so far; what it varies by is joined. */
  void writeTo(MultiMap response) {
    for (int i = 0; i < namesAndValues.size(); i += 2) {
      String name = namesAndValues.get(i);
      if (!VARY.equals(name)) {
        response.remove(name);
      }
    }
    for (int i = 0; i < namesAndValues.size(); i += 2) {
      String name = namesAndValues.get(i);
      if (VARY.equals(name)) {
        vary(response, namesAndValues.get(i + 1));
      } else {
        response.add(name, namesAndValues.get(i + 1));
      }
    }
  }

  /** Tells caches of one more header that the response depends on (RFC 9110, section 12.5.5). */
  static void vary(MultiMap response, String by) {
    String known = String.join(", ", response.getAll(HttpHeaders.VARY));
    StringBuilder all = new StringBuilder(known);
    for (String name : by.split(",", -1)) {
      if (!isIn(name.strip(), known)) {
        all.append(all.isEmpty() ? "" : ", ").append(name.strip());
      }
    }
    response.set(HttpHeaders.VARY, all.toString());
  }

  private static boolean isIn(String name, String list) {
    for (String known : list.split(",", -1)) {
      if (known.strip().equalsIgnoreCase(name) || known.strip().equals("*")) {
        return true;
      }
    }
    return name.isEmpty();
  }

  private void measure(String name, String value) {
    if (Headers.isOf(Headers.HTTP_HEADER, name)) {
      size += name.length() + value.length();
      if (size > MOST) {
        throw new IllegalArgumentException(
            "the reply sets headers of more than " + MOST + " bytes together");
      }
    }
  }

  private void read(Headers headers, String name) {
    if (!name.startsWith(Headers.HTTP_HEADER)) {
      return;
    }
    String http = name.substring(Headers.HTTP_HEADER.length()).toLowerCase(Locale.ROOT);
    if (!Token.is(http)) {
      throw new IllegalArgumentException("the reply sets a header whose name is none of HTTP");
    }
    if (!NOT_THE_REPLYS.contains(http)) {
      for (String value : headers.all(name)) {
        if (!isValue(value)) {
          throw new IllegalArgumentException(
              "the reply sets the header " + http + " to what HTTP does not allow");
        }
        namesAndValues.add(http);
        namesAndValues.add(value);
      }
    }
  }

  /** Visible characters of Latin-1, spaces and tabs: others would arrive as others, or end it. */
  private static boolean isValue(String value) {
    for (int i = 0; i < value.length(); i++) {
      char sign = value.charAt(i);
      if ((sign < ' ' && sign != '\t') || sign == 0x7f || sign > 0xff) {
        return false;
      }
    }
    return true;
  }
}
