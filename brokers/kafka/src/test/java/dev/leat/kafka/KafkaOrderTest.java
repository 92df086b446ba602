package dev.leat.kafka;

import dev.leat.testkit.OrderContract;

/** Order by key, on a real server. */
class KafkaOrderTest extends OrderContract {
  @Override
  protected String url() {
    return KafkaServerProcess.shared().url();
  }
}
