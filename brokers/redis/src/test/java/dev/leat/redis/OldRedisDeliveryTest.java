package dev.leat.redis;

import dev.leat.testkit.DeliveryContract;

/** What workers and callers promise, on the server of the oldest version that is supported. */
class OldRedisDeliveryTest extends DeliveryContract {
  @Override
  protected String url() {
    return RedisServerProcess.shared(RedisServerProcess.OLD).url();
  }
}
