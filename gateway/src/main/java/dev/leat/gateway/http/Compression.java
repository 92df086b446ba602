package dev.leat.gateway.http;

import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;

/**
 * What a response says of its being compressed, where that is done at all. The server under it
 * compresses by what the client takes, and says nothing else.
 */
final class Compression {
  private static final int PARTIAL_CONTENT = 206;

  private Compression() {}

  /**
   * Tells caches that there are two forms (RFC 9110, section 12.5.5), and lets an entity tag that
   * names bytes name what they mean, since they are others (section 8.8.1). A part of something is
   * left as it is: it is a part of the form that is not compressed (section 14.2).
   */
  static void prepare(HttpServerRequest request) {
    HttpServerResponse response = request.response();
    MultiMap headers = response.headers();
    ReplyHeaders.vary(headers, HttpHeaders.ACCEPT_ENCODING.toString());
    if (response.getStatusCode() == PARTIAL_CONTENT || isNotToBeTransformed(headers)) {
      if (!headers.contains(HttpHeaders.CONTENT_ENCODING)) {
        headers.set(HttpHeaders.CONTENT_ENCODING, HttpHeaders.IDENTITY);
      }
      return;
    }
    String tag = headers.get(HttpHeaders.ETAG);
    if (tag != null
        && tag.startsWith("\"")
        && !headers.contains(HttpHeaders.CONTENT_ENCODING)
        && request.headers().contains(HttpHeaders.ACCEPT_ENCODING)) {
      headers.set(HttpHeaders.ETAG, "W/" + tag);
    }
  }

  private static boolean isNotToBeTransformed(MultiMap headers) {
    String control = headers.get(HttpHeaders.CACHE_CONTROL);
    return control != null && control.contains("no-transform");
  }
}
