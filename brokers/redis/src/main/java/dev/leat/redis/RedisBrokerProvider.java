package dev.leat.redis;

import dev.leat.BrokerUnavailable;
import dev.leat.broker.Broker;
import dev.leat.broker.BrokerProvider;
import dev.leat.broker.BrokerUrl;
import dev.leat.broker.EventLoop;
import java.util.Set;

/**
 * Opens {@code redis://user:password@host:port/database}, and {@code rediss://} for the same over
 * TLS, whose certificate Java trusts or {@code ?ca=FILE.pem} has signed. Redis 6.2 or later.
 */
public final class RedisBrokerProvider implements BrokerProvider {
  /** For {@link java.util.ServiceLoader}. */
  public RedisBrokerProvider() {}

  @Override
  public Set<String> schemes() {
    return Set.of("redis", "rediss");
  }

  @Override
  public void check(BrokerUrl url) {
    Server.of(url);
  }

  /**
   * Waits for a first connection.
   *
   * @throws BrokerUnavailable if no server answers, or it does not let us in
   */
  @Override
  public Broker open(BrokerUrl url, EventLoop loop) {
    return RedisBroker.open(Server.of(url), loop);
  }
}
