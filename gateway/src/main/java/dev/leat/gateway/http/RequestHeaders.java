package dev.leat.gateway.http;

import dev.leat.Headers;
import dev.leat.gateway.route.Match;
import dev.leat.gateway.route.OrderKey;
import dev.leat.gateway.route.Percent;
import dev.leat.gateway.route.ReplyMode;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The edge's view of a request, as headers of its message. */
final class RequestHeaders {
  private static final Set<String> BODILESS = Set.of("GET", "HEAD", "DELETE");

  /** As names that are found without being hashed each time. */
  private static final CharSequence TRACEPARENT = HttpHeaders.createOptimized(Headers.TRACEPARENT);

  private static final CharSequence TRACESTATE = HttpHeaders.createOptimized(Headers.TRACESTATE);

  /** Parameters of a query; a message has room for them, and for what else there is. */
  private static final int MOST_PARAMETERS = Headers.MOST / 2;

  private RequestHeaders() {}

  /**
   * Headers of what a worker may want to know. Nothing of the client's gets any other name, so that
   * none can pose as the gateway's own.
   *
   * @param path as the client wrote it
   * @param given the client's own name for the request
   * @throws IllegalArgumentException that says what is wrong: the query cannot be decoded, or what
   *     the route orders requests by is missing
   */
  static Headers of(
      HttpServerRequest request,
      String path,
      Optional<String> given,
      Match.Found match,
      MediaType type) {
    Headers.Builder headers = Headers.builder();
    headers.set(Headers.HTTP_METHOD, request.method().name());
    headers.set(Headers.HTTP_PATH, path);
    for (int i = 0; i < match.names().size(); i++) {
      headers.set(Headers.HTTP_PARAM + match.names().get(i), match.values().get(i));
    }
    setQuery(request.query(), headers);
    // On the shared stream a request without a body has an empty object for one.
    boolean fillsObject =
        match.route().reply() == ReplyMode.SHARED && BODILESS.contains(match.route().method());
    if (match.route().queryFillsBody() || fillsObject) {
      headers.set(Headers.HTTP_FILLS, Headers.QUERY);
    }
    for (String name : match.route().headers()) {
      value(request, name).ifPresent(value -> headers.set(Headers.HTTP_HEADER + name, value));
    }
    given.ifPresent(id -> headers.set(Headers.HTTP_HEADER + RequestId.HEADER, id));
    match
        .route()
        .orderKey()
        .ifPresent(by -> headers.set(Headers.KEY, key(by, request, headers.build())));
    IdempotencyKey.of(request).ifPresent(key -> headers.set(Headers.IDEMPOTENCY_KEY, key));
    handOn(request, TRACEPARENT, headers, Headers.TRACEPARENT);
    handOn(request, TRACESTATE, headers, Headers.TRACESTATE);
    type.travelling().ifPresent(said -> headers.set(Headers.CONTENT_TYPE, said));
    return headers.build();
  }

  private static String key(OrderKey by, HttpServerRequest request, Headers known) {
    Optional<String> key =
        switch (by.source()) {
          case PATH -> known.get(Headers.HTTP_PARAM + by.name());
          case QUERY -> known.get(Headers.HTTP_QUERY + by.name());
          case HEADER -> value(request, by.name());
        };
    return key.filter(given -> !given.isEmpty())
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "requests are ordered by %s, which this one does not have".formatted(by)));
  }

  private static void handOn(
      HttpServerRequest request, CharSequence from, Headers.Builder headers, String name) {
    String value = request.getHeader(from);
    if (value != null) {
      headers.set(name, value);
    }
  }

  /**
   * What a header says: its lines are one list, in their order (RFC 9110, section 5.3), so that a
   * proxy's line is not hidden behind one that the client made up. Cookies may come one by one (RFC
   * 9113, section 8.2.3).
   */
  private static Optional<String> value(HttpServerRequest request, String name) {
    List<String> lines = request.headers().getAll(name);
    return lines.isEmpty()
        ? Optional.empty()
        : Optional.of(String.join(name.equals("cookie") ? "; " : ", ", lines));
  }

  private static void setQuery(@Nullable String query, Headers.Builder headers) {
    if (query == null || query.isEmpty()) {
      return;
    }
    if (query.chars().filter(sign -> sign == '&').count() >= MOST_PARAMETERS) {
      throw new IllegalArgumentException(
          "the query has more than %d parameters".formatted(MOST_PARAMETERS));
    }
    Map<String, Integer> values = new HashMap<>();
    try {
      for (String pair : Percent.written(query).split("&", -1)) {
        if (!pair.isEmpty()) {
          int equals = pair.indexOf('=');
          String name = Percent.decodeQuery(equals < 0 ? pair : pair.substring(0, equals));
          String value = equals < 0 ? "" : Percent.decodeQuery(pair.substring(equals + 1));
          int n = values.merge(name, 1, Integer::sum);
          headers.set(Headers.nth(Headers.HTTP_QUERY + name, n), value);
        }
      }
    } catch (IllegalArgumentException malformed) {
      throw new IllegalArgumentException("the query cannot be decoded", malformed);
    }
  }
}
