package dev.leat.gateway.http;

import dev.leat.Problem;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import java.util.Optional;
import java.util.function.BiConsumer;

/** Requests that are none, or that two servers in a row might read differently. */
final class Invalid {
  private Invalid() {}

  /** What is wrong with a request that could not be decoded. */
  static Problem undecodable(HttpServerRequest request) {
    Throwable cause = request.decoderResult().cause();
    if (cause instanceof TooLongHttpLineException) {
      return Problem.of(414, "URI too long", "the request's first line is longer than taken here");
    }
    return cause instanceof TooLongHttpHeaderException
        ? Problem.of(431, "Headers too large", "the headers are larger than taken here")
        : Problem.of(400, "Bad request", "this is not a request of HTTP");
  }

  /** How many hosts it names. Hot path: all values of a header would be listed for it. */
  private static int hosts(HttpServerRequest request) {
    Hosts hosts = new Hosts();
    request.headers().forEach(hosts);
    return hosts.count;
  }

  private static final class Hosts implements BiConsumer<String, String> {
    int count;

    @Override
    public void accept(String name, String value) {
      if (name.equalsIgnoreCase("host")) {
        count++;
      }
    }
  }

  /**
   * What is wrong with how a request of HTTP/1 says where it goes and where it ends; empty where
   * nothing is (RFC 9112, sections 3.2 and 6.1). Both a length and a coding, or two lengths, are
   * refused before.
   */
  static Optional<String> ambiguity(HttpServerRequest request) {
    if (request.version() == HttpVersion.HTTP_2) {
      return Optional.empty();
    }
    if (request.version() == HttpVersion.HTTP_1_1 && hosts(request) != 1) {
      return Optional.of("a request says once which host it is for");
    }
    String coding = request.getHeader(HttpHeaders.TRANSFER_ENCODING);
    return coding == null || coding.equalsIgnoreCase("chunked")
        ? Optional.empty()
        : Optional.of("the only transfer coding taken here is chunked");
  }
}
