package dev.leat.gateway;

import java.util.Optional;

/**
 * Where a gateway takes connections.
 *
 * @param host name or address of an interface of this machine
 * @param port 0 for any that is free
 * @param tls plain where empty
 */
public record Listener(String host, int port, Optional<Tls> tls) {
  /** Refuses what is no port. */
  public Listener {
    if (port < 0 || port > 65_535) {
      throw new IllegalArgumentException("a port is a number from 0 to 65535, was " + port);
    }
  }

  /** One without TLS. */
  public static Listener plain(String host, int port) {
    return new Listener(host, port, Optional.empty());
  }
}
