package dev.leat.gateway;

import java.util.Optional;

/**
 * Where a gateway takes connections.
 *
 * @param host name or address of an interface of this machine
 * @param port 0 for any that is free
 * @param tls plain where empty
 * @param http2 whether HTTP/2 is spoken besides HTTP/1.1. Without TLS only by clients that speak it
 *     from the first byte on (RFC 9113, section 3.3)
 */
public record Listener(String host, int port, Optional<Tls> tls, boolean http2) {
  /** Refuses what is no port. */
  public Listener {
    if (port < 0 || port > 65_535) {
      throw new IllegalArgumentException("a port is a number from 0 to 65535, was " + port);
    }
  }

  /** One without TLS, for HTTP/1.1. */
  public static Listener plain(String host, int port) {
    return new Listener(host, port, Optional.empty(), false);
  }

  /** One with TLS, for both versions. */
  public static Listener secured(String host, int port, Tls tls) {
    return new Listener(host, port, Optional.of(tls), true);
  }

  /** Whether both would take connections at one address. */
  public boolean meets(Listener other) {
    return port != 0
        && port == other.port
        && (isEverywhere() || other.isEverywhere() || address().equals(other.address()));
  }

  private boolean isEverywhere() {
    return host.equals("0.0.0.0") || host.equals("::");
  }

  private String address() {
    return host.equalsIgnoreCase("localhost") ? "127.0.0.1" : host;
  }

  /** The same for HTTP/2 too. */
  public Listener withHttp2() {
    return new Listener(host, port, tls, true);
  }

  /** The same for HTTP/1.1 alone. */
  public Listener withoutHttp2() {
    return new Listener(host, port, tls, false);
  }
}
