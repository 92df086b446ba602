package dev.leat.gateway.http;

import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The name that a client, or a proxy before us, gives a request. It comes back with the response
 * and goes along with the message; a request without one is named by the message's id.
 */
final class RequestId {
  static final CharSequence HEADER = HttpHeaders.createOptimized("x-request-id");

  /** What is safe in any log. */
  private static final Pattern SAFE = Pattern.compile("[A-Za-z0-9._:/+=@-]{1,128}");

  private RequestId() {}

  /** Empty where there is none, or one that does not belong in a log. */
  static Optional<String> of(HttpServerRequest request) {
    String given = request.getHeader(HEADER);
    return given != null && SAFE.matcher(given).matches() ? Optional.of(given) : Optional.empty();
  }
}
