package dev.leat.redis;

import dev.leat.broker.Broker;
import dev.leat.broker.Brokers;
import dev.leat.broker.EventLoop;
import dev.leat.testkit.BrokerContract;

/** The contract on the server that most will have. */
class RedisContractTest extends BrokerContract {
  @Override
  protected Broker open(EventLoop loop) {
    return Brokers.open(RedisServerProcess.shared(RedisServerProcess.CURRENT).url(), loop);
  }
}
