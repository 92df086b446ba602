package dev.leat.gateway.http;

import dev.leat.Headers;
import dev.leat.gateway.route.Match;
import dev.leat.gateway.route.OrderKey;
import dev.leat.gateway.route.Percent;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The edge's view of a request, as headers of its message. */
final class RequestHeaders {
  /** As names that are found without being hashed each time. */
  private static final CharSequence TRACEPARENT = HttpHeaders.createOptimized(Headers.TRACEPARENT);

  private static final CharSequence TRACESTATE = HttpHeaders.createOptimized(Headers.TRACESTATE);

  private RequestHeaders() {}

  /**
   * Headers of what a worker may want to know. Nothing of the client's gets any other name, so that
   * none can pose as the gateway's own.
   *
   * @param given the client's own name for the request
   * @throws IllegalArgumentException that says what is wrong: the query cannot be decoded, or what
   *     the route orders requests by is missing
   */
  static Headers of(
      HttpServerRequest request, Optional<String> given, Match.Found match, MediaType type) {
    Headers.Builder headers = Headers.builder();
    headers.set(Headers.HTTP_METHOD, request.method().name());
    headers.set(Headers.HTTP_PATH, request.path());
    for (int i = 0; i < match.names().size(); i++) {
      headers.set(Headers.HTTP_PARAM + match.names().get(i), match.values().get(i));
    }
    parameters(request.query())
        .forEach((name, value) -> headers.set(Headers.HTTP_QUERY + name, value));
    for (String name : match.route().headers()) {
      String value = request.getHeader(name);
      if (value != null) {
        headers.set(Headers.HTTP_HEADER + name, value);
      }
    }
    given.ifPresent(id -> headers.set(Headers.HTTP_HEADER + RequestId.HEADER, id));
    match
        .route()
        .orderKey()
        .ifPresent(by -> headers.set(Headers.KEY, key(by, request, headers.build())));
    IdempotencyKey.of(request).ifPresent(key -> headers.set(Headers.IDEMPOTENCY_KEY, key));
    handOn(request, TRACEPARENT, headers, Headers.TRACEPARENT);
    handOn(request, TRACESTATE, headers, Headers.TRACESTATE);
    if (type.isWorthAHeader()) {
      headers.set(Headers.CONTENT_TYPE, type.header());
    }
    return headers.build();
  }

  private static String key(OrderKey by, HttpServerRequest request, Headers known) {
    Optional<String> key =
        switch (by.source()) {
          case PATH -> known.get(Headers.HTTP_PARAM + by.name());
          case QUERY -> known.get(Headers.HTTP_QUERY + by.name());
          case HEADER -> Optional.ofNullable(request.getHeader(by.name()));
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

  private static Map<String, String> parameters(@Nullable String query) {
    try {
      return query(query);
    } catch (IllegalArgumentException malformed) {
      throw new IllegalArgumentException("the query cannot be decoded", malformed);
    }
  }

  /** Of a name that is given several times, the first counts. */
  private static Map<String, String> query(@Nullable String query) {
    if (query == null || query.isEmpty()) {
      return Map.of();
    }
    Map<String, String> parameters = new LinkedHashMap<>();
    for (String pair : query.split("&", -1)) {
      if (!pair.isEmpty()) {
        int equals = pair.indexOf('=');
        String name = equals < 0 ? pair : pair.substring(0, equals);
        String value = equals < 0 ? "" : pair.substring(equals + 1);
        parameters.putIfAbsent(Percent.decodeQuery(name), Percent.decodeQuery(value));
      }
    }
    return parameters;
  }
}
