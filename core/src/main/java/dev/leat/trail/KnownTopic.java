package dev.leat.trail;

import dev.leat.BadConfiguration;
import dev.leat.Topic;
import dev.leat.broker.Broker;
import dev.leat.broker.StreamHealth;
import dev.leat.broker.UnreadTopics;

/** Says of a topic that nobody has which one was perhaps meant. Blocks; any thread. */
public final class KnownTopic {
  private KnownTopic() {}

  /**
   * Asks the broker.
   *
   * @throws BadConfiguration if nobody has sent to it, or read it
   */
  public static void refuseUnknown(Broker broker, Topic topic) {
    StreamHealth health = StreamScan.result(broker.health(topic.incoming()));
    if (health.groups().isEmpty() && health.length().orElse(1) == 0) {
      throw unknown(broker, topic);
    }
  }

  /** Whether there is anything of a topic. */
  public static boolean isThere(TopicCensus census) {
    return !census.incoming().groups().isEmpty()
        || census.incoming().length().orElse(1) > 0
        || census.deadLetters().orElse(0) > 0;
  }

  /** What is said of one that is not there. */
  public static BadConfiguration unknown(Broker broker, Topic topic) {
    return new BadConfiguration(
        "there is no topic '%s': nobody has sent to it, or read it%s"
            .formatted(topic, StreamScan.result(UnreadTopics.nearest(broker, topic))));
  }
}
