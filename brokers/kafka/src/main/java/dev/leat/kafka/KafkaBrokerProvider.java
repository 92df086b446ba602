package dev.leat.kafka;

import dev.leat.broker.Broker;
import dev.leat.broker.BrokerProvider;
import dev.leat.broker.BrokerUrl;
import dev.leat.broker.EventLoop;
import java.util.Set;

/** Opens {@code kafka://host:9092,other:9092}, of Kafka 4.0 or later. */
public final class KafkaBrokerProvider implements BrokerProvider {
  /** For {@link java.util.ServiceLoader}. */
  public KafkaBrokerProvider() {}

  @Override
  public Set<String> schemes() {
    return Set.of("kafka");
  }

  @Override
  public void check(BrokerUrl url) {
    KafkaSettings unused = KafkaSettings.of(url);
  }

  /**
   * Waits for a first answer.
   *
   * @throws dev.leat.BrokerUnavailable if none comes
   */
  @Override
  public Broker open(BrokerUrl url, EventLoop loop) {
    return KafkaBroker.open(KafkaSettings.of(url), loop);
  }
}
