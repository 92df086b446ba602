package dev.leat.redis;

import dev.leat.testkit.DeliveryContract;

/** What workers and callers promise, on the server that most will have. */
class RedisDeliveryTest extends DeliveryContract {
  @Override
  protected String url() {
    return RedisServerProcess.shared(RedisServerProcess.CURRENT).url();
  }
}
