package dev.leat.gateway.http;

import dev.leat.Problem;
import dev.leat.gateway.route.Route;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The client's own name for "the same request", as draft-ietf-httpapi-idempotency-key-header says.
 */
final class IdempotencyKey {
  private static final CharSequence HEADER = HttpHeaders.createOptimized("idempotency-key");

  /** The draft wants a string in quotes; many clients leave them out. */
  private static final Pattern FORM =
      Pattern.compile("\"([!#-\\[\\]-~ ]{1,255})\"|([!#-~]{1,255})");

  private IdempotencyKey() {}

  /** The key without its quotes; empty where there is none, or it is none. */
  static Optional<String> of(HttpServerRequest request) {
    String given = request.getHeader(HEADER);
    if (given == null) {
      return Optional.empty();
    }
    var form = FORM.matcher(given.strip());
    return form.matches()
        ? Optional.of(form.group(1) == null ? form.group(2) : form.group(1))
        : Optional.empty();
  }

  /** Why a request cannot be taken by a route; empty where it can. */
  static Optional<Problem> fault(HttpServerRequest request, Route route) {
    if (!request.headers().contains(HEADER)) {
      return route.keyRequired()
          ? Optional.of(
              Problem.of(
                  400,
                  "Idempotency-Key missing",
                  "this route takes requests with an Idempotency-Key alone, such as a UUID"))
          : Optional.empty();
    }
    return request.headers().getAll(HEADER).size() == 1 && of(request).isPresent()
        ? Optional.empty()
        : Optional.of(
            Problem.of(
                400,
                "Bad Idempotency-Key",
                "it is given once, and has 1 to 255 visible ASCII characters"));
  }
}
