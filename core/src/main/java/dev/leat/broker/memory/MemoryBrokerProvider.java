package dev.leat.broker.memory;

import dev.leat.broker.Broker;
import dev.leat.broker.BrokerProvider;
import dev.leat.broker.BrokerUrl;
import dev.leat.broker.EventLoop;
import java.util.Set;

/**
 * Opens {@code memory:}, streams that live in this process and end with it. Each opening is a
 * broker of its own. Options: {@code entries} and {@code bytes}, what one stream may hold at most,
 * and {@code history}, how much of that may be completed.
 */
public final class MemoryBrokerProvider implements BrokerProvider {
  /** For {@link java.util.ServiceLoader}. */
  public MemoryBrokerProvider() {}

  @Override
  public Set<String> schemes() {
    return Set.of("memory");
  }

  @Override
  public void check(BrokerUrl url) {
    Limits.of(url);
  }

  @Override
  public Broker open(BrokerUrl url, EventLoop loop) {
    return new MemoryBroker(Limits.of(url), loop);
  }
}
