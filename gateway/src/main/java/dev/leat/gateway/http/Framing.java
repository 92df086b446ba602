package dev.leat.gateway.http;

import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import org.jspecify.annotations.Nullable;

/**
 * What a request's head says of the body that follows it, in every version of HTTP; read once.
 *
 * @param announced bytes that the client says it will send; 0 where it does not say
 * @param hasBody whether there is a body
 * @param mayHaveBody the same, or in HTTP/2, where a length need not be said, perhaps: whether
 *     there is one shows when its bytes come
 */
record Framing(long announced, boolean hasBody, boolean mayHaveBody) {
  static Framing of(HttpServerRequest request) {
    String length = request.getHeader(HttpHeaders.CONTENT_LENGTH);
    long announced = number(length);
    boolean hasBody = announced > 0 || request.headers().contains(HttpHeaders.TRANSFER_ENCODING);
    boolean mayHaveBody = hasBody || (request.version() == HttpVersion.HTTP_2 && length == null);
    return new Framing(announced, hasBody, mayHaveBody);
  }

  private static long number(@Nullable String length) {
    try {
      return length == null ? 0 : Long.parseLong(length);
    } catch (NumberFormatException malformed) {
      return 0;
    }
  }

  static boolean expectsContinue(HttpServerRequest request) {
    String expected = request.getHeader(HttpHeaders.EXPECT);
    // Clients of HTTP/1.0 would take it for the response (RFC 9110, section 10.1.1).
    return expected != null
        && request.version() != HttpVersion.HTTP_1_0
        && expected.equalsIgnoreCase("100-continue");
  }
}
