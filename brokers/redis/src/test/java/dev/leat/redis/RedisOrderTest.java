package dev.leat.redis;

import dev.leat.testkit.OrderContract;

/** Order by key, on the server that most will have. */
class RedisOrderTest extends OrderContract {
  @Override
  protected String url() {
    return RedisServerProcess.shared(RedisServerProcess.CURRENT).url();
  }
}
