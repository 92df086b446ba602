package dev.leat.kafka;

import dev.leat.testkit.DeliveryContract;

/** What workers and callers promise, on a real server. */
class KafkaDeliveryTest extends DeliveryContract {
  @Override
  protected String url() {
    return KafkaServerProcess.shared().url();
  }
}
