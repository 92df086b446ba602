package dev.leat.gateway.http;

import java.time.Duration;

/**
 * How long, and how much, a client may keep a connection waiting.
 *
 * @param firstRequest from the connection to the end of its first request's headers
 * @param idle between two requests
 * @param body in which a body ends, or another 512 KiB of it come; else 408
 * @param response in which a response is taken, or another 64 KiB of it; else its client is given
 *     up
 * @param headerBytes of a request's headers together; more is answered 431
 * @param connections in all; 0 for as many as there are file descriptors for, at most 50,000
 * @param connectionsOfAddress of one address; 0 for half of all
 * @param cancelled requests of one connection of HTTP/2 that may be cancelled in half a minute,
 *     beyond as many as were answered meanwhile; then the connection ends (CVE-2023-44487)
 */
public record ClientLimits(
    Duration firstRequest,
    Duration idle,
    Duration body,
    Duration response,
    int headerBytes,
    int connections,
    int connectionsOfAddress,
    int cancelled) {
  /**
   * Patient enough for a telephone in a tunnel; the idle time is longer than the 60 seconds of the
   * usual load balancers, so that they are the ones that close.
   */
  public static final ClientLimits DEFAULT =
      new ClientLimits(
          Duration.ofSeconds(20),
          Duration.ofSeconds(75),
          Duration.ofSeconds(60),
          Duration.ofSeconds(20),
          16_384,
          0,
          0,
          200);

  /** Refuses what no client could keep to. */
  public ClientLimits {
    if (!firstRequest.isPositive()
        || !idle.isPositive()
        || !body.isPositive()
        || !response.isPositive()) {
      throw new IllegalArgumentException("the times that a client is given must be positive");
    }
    if (connections < 0 || connectionsOfAddress < 0) {
      throw new IllegalArgumentException("the connections of clients must not be negative");
    }
    if (headerBytes < 256) {
      throw new IllegalArgumentException(
          "a request's headers need at least 256 bytes, were " + headerBytes);
    }
    if (cancelled < 1) {
      throw new IllegalArgumentException(
          "a client may cancel at least 1 request, was " + cancelled);
    }
  }

  /** Limits with as many connections as there is room for. */
  public ClientLimits(
      Duration firstRequest,
      Duration idle,
      Duration body,
      Duration response,
      int headerBytes,
      int cancelled) {
    this(firstRequest, idle, body, response, headerBytes, 0, 0, cancelled);
  }

  /** The same with another number of requests that may be cancelled. */
  public ClientLimits cancelled(int other) {
    return new ClientLimits(
        firstRequest, idle, body, response, headerBytes, connections, connectionsOfAddress, other);
  }

  /** The same with other numbers of connections. */
  public ClientLimits connections(int all, int ofAddress) {
    return new ClientLimits(
        firstRequest, idle, body, response, headerBytes, all, ofAddress, cancelled);
  }
}
