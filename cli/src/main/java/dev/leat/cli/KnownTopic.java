package dev.leat.cli;

import dev.leat.BadConfiguration;
import dev.leat.Topic;
import dev.leat.broker.Broker;
import dev.leat.broker.StreamHealth;
import dev.leat.broker.UnreadTopics;
import dev.leat.trail.TopicCensus;

/** Says of a topic that nobody has which one was perhaps meant. */
final class KnownTopic {
  private KnownTopic() {}

  /**
   * Asks the broker.
   *
   * @throws BadConfiguration if nobody has sent to it, or read it
   */
  static void refuseUnknown(Broker broker, Topic topic) {
    StreamHealth health = broker.health(topic.incoming()).toCompletableFuture().join();
    if (health.groups().isEmpty() && health.length().orElse(1) == 0) {
      throw unknown(broker, topic);
    }
  }

  /** Whether there is anything of a topic. */
  static boolean isThere(TopicCensus census) {
    return !census.incoming().groups().isEmpty()
        || census.incoming().length().orElse(1) > 0
        || census.deadLetters().orElse(0) > 0;
  }

  /** What is said of one that is not there. */
  static BadConfiguration unknown(Broker broker, Topic topic) {
    return new BadConfiguration(
        "there is no topic '%s': nobody has sent to it, or read it%s"
            .formatted(topic, UnreadTopics.nearest(broker, topic).toCompletableFuture().join()));
  }
}
