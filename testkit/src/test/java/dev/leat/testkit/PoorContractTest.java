package dev.leat.testkit;

import dev.leat.broker.Broker;
import dev.leat.broker.Brokers;
import dev.leat.broker.EventLoop;

/** What is left of the contract where a broker can do little, and every refusal. */
class PoorContractTest extends BrokerContract {
  @Override
  protected Broker open(EventLoop loop) {
    return Brokers.open("poor:", loop);
  }
}
