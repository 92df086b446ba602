package dev.leat.gateway.http;

import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;

/** What a request's head says of the body that follows it, in every version of HTTP. */
final class Framing {
  private Framing() {}

  /** Bytes that the client says it will send; 0 where it does not say. */
  static long announced(HttpServerRequest request) {
    String length = request.getHeader(HttpHeaders.CONTENT_LENGTH);
    try {
      return length == null ? 0 : Long.parseLong(length);
    } catch (NumberFormatException malformed) {
      return 0;
    }
  }

  static boolean hasBody(HttpServerRequest request) {
    return announced(request) > 0 || request.headers().contains(HttpHeaders.TRANSFER_ENCODING);
  }

  /**
   * The same, or in HTTP/2, where a length need not be said, perhaps: whether there is a body shows
   * when its bytes come.
   */
  static boolean mayHaveBody(HttpServerRequest request) {
    return hasBody(request)
        || (request.version() == HttpVersion.HTTP_2
            && !request.headers().contains(HttpHeaders.CONTENT_LENGTH));
  }

  static boolean expectsContinue(HttpServerRequest request) {
    String expected = request.getHeader(HttpHeaders.EXPECT);
    // Clients of HTTP/1.0 would take it for the response (RFC 9110, section 10.1.1).
    return expected != null
        && request.version() != HttpVersion.HTTP_1_0
        && expected.equalsIgnoreCase("100-continue");
  }
}
