package dev.leat.kafka;

import dev.leat.broker.Broker;
import dev.leat.broker.Brokers;
import dev.leat.broker.EventLoop;
import dev.leat.testkit.BrokerContract;

/** The contract, on a real server. */
class KafkaContractTest extends BrokerContract {
  @Override
  protected Broker open(EventLoop loop) {
    return Brokers.open(KafkaServerProcess.shared().url(), loop);
  }
}
