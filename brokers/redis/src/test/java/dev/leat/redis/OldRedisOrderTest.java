package dev.leat.redis;

import dev.leat.testkit.OrderContract;

/** Order by key, on the server of the oldest version that is supported. */
class OldRedisOrderTest extends OrderContract {
  @Override
  protected String url() {
    return RedisServerProcess.shared(RedisServerProcess.OLD).url();
  }
}
