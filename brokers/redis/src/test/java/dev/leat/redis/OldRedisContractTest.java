package dev.leat.redis;

import dev.leat.broker.Broker;
import dev.leat.broker.Brokers;
import dev.leat.broker.EventLoop;
import dev.leat.testkit.BrokerContract;

/** The contract on the oldest server that is supported; it does not say how far a group lags. */
class OldRedisContractTest extends BrokerContract {
  @Override
  protected Broker open(EventLoop loop) {
    return Brokers.open(RedisServerProcess.shared(RedisServerProcess.OLD).url(), loop);
  }
}
