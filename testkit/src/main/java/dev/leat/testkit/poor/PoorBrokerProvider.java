package dev.leat.testkit.poor;

import dev.leat.broker.Broker;
import dev.leat.broker.BrokerProvider;
import dev.leat.broker.BrokerUrl;
import dev.leat.broker.Brokers;
import dev.leat.broker.EventLoop;
import java.util.Set;

/**
 * Opens {@code poor:}, the embedded broker as a simple queue of a cloud would be: no reading along,
 * no notes, no order, replies apart from completions, leases of whole seconds, ten deliveries at
 * most, and health that is a second old. For tests of what is to work on any broker.
 */
public final class PoorBrokerProvider implements BrokerProvider {
  /** For {@link java.util.ServiceLoader}. */
  public PoorBrokerProvider() {}

  @Override
  public Set<String> schemes() {
    return Set.of("poor");
  }

  @Override
  public void check(BrokerUrl url) {
    url.refuseOptionsBut(Set.of());
  }

  @Override
  public Broker open(BrokerUrl url, EventLoop loop) {
    check(url);
    return new PoorBroker(Brokers.open("memory:", loop), loop);
  }
}
