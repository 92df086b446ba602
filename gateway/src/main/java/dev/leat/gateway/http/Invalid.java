package dev.leat.gateway.http;

import dev.leat.Problem;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.net.impl.ConnectionBase;
import java.util.BitSet;
import java.util.Optional;
import java.util.function.BiConsumer;

/** Requests that are none, or that two servers in a row might read differently. */
final class Invalid {
  private static final BitSet HOST_SIGNS = new BitSet();

  static {
    HOST_SIGNS.set('A', 'Z' + 1);
    "-_~!$&'()*+,;=%[]".chars().forEach(HOST_SIGNS::set);
  }

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

  /** Why a connection that has become one of HTTP/2 is not taken. */
  static Problem upgrade() {
    return Problem.of(
        400, "Bad request", "HTTP/2 is spoken from the first byte on, there is no upgrade to it");
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

  /** Characters of a host and a port (RFC 3986, section 3.2.2); a name may be empty. */
  private static boolean isHost(String host) {
    for (int i = 0; i < host.length(); i++) {
      char sign = host.charAt(i);
      boolean plain =
          (sign >= 'a' && sign <= 'z')
              || (sign >= '0' && sign <= '9')
              || sign == '.'
              || sign == ':';
      if (!plain && (sign >= 0x7f || !HOST_SIGNS.get(sign))) {
        return false;
      }
    }
    return true;
  }

  /**
   * Whether a connection of HTTP/1 has become one of HTTP/2. Vert.x always offers that where it
   * takes HTTP/2 in plain text, and reads the request past the checks of HTTP/1; a front server
   * that hands it on no longer sees what follows.
   */
  static boolean isUpgraded(HttpServerRequest request) {
    return request.version() == HttpVersion.HTTP_2
        && !request.isSSL()
        && request.connection() instanceof ConnectionBase connection
        && connection.channel().pipeline().get(HttpRequestDecoder.class) != null;
  }

  /**
   * What is wrong with how a request of HTTP/1 says where it goes and where it ends; empty where
   * nothing is (RFC 9112, sections 3.2 and 6.1). Both a length and a coding, or two lengths, are
   * refused before.
   */
  static Optional<String> ambiguity(HttpServerRequest request) {
    String host = request.getHeader(HttpHeaders.HOST);
    if (host != null && !isHost(host)) {
      return Optional.of("the host that it is for has characters that no host has");
    }
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
