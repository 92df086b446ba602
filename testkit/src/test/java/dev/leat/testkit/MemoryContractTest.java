package dev.leat.testkit;

import dev.leat.broker.Broker;
import dev.leat.broker.Brokers;
import dev.leat.broker.EventLoop;

class MemoryContractTest extends BrokerContract {
  @Override
  protected Broker open(EventLoop loop) {
    return Brokers.open("memory:", loop);
  }
}
