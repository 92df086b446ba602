package dev.leat.gateway.http;

import dev.leat.Headers;
import dev.leat.gateway.route.Match;
import dev.leat.gateway.route.Percent;
import io.vertx.core.http.HttpServerRequest;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The edge's view of a request, as headers of its message. */
final class RequestHeaders {
  private RequestHeaders() {}

  /**
   * Headers of what a worker may want to know. Nothing of the client's gets any other name, so that
   * none can pose as the gateway's own.
   *
   * @throws IllegalArgumentException if the query cannot be decoded
   */
  static Headers of(HttpServerRequest request, Match.Found match, MediaType type) {
    Headers.Builder headers = Headers.builder();
    headers.set(Headers.HTTP_METHOD, request.method().name());
    headers.set(Headers.HTTP_PATH, request.path());
    for (int i = 0; i < match.names().size(); i++) {
      headers.set(Headers.HTTP_PARAM + match.names().get(i), match.values().get(i));
    }
    query(request.query()).forEach((name, value) -> headers.set(Headers.HTTP_QUERY + name, value));
    for (String name : match.route().headers()) {
      String value = request.getHeader(name);
      if (value != null) {
        headers.set(Headers.HTTP_HEADER + name, value);
      }
    }
    RequestId.of(request)
        .ifPresent(given -> headers.set(Headers.HTTP_HEADER + RequestId.HEADER, given));
    IdempotencyKey.of(request).ifPresent(key -> headers.set(Headers.IDEMPOTENCY_KEY, key));
    handOn(request, headers, Headers.TRACEPARENT);
    handOn(request, headers, Headers.TRACESTATE);
    if (type.isWorthAHeader()) {
      headers.set(Headers.CONTENT_TYPE, type.header());
    }
    return headers.build();
  }

  private static void handOn(HttpServerRequest request, Headers.Builder headers, String name) {
    String value = request.getHeader(name);
    if (value != null) {
      headers.set(name, value);
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
