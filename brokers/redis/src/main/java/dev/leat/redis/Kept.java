package dev.leat.redis;

import dev.leat.Retention;
import dev.leat.broker.BrokerUrl;
import java.util.Set;

/**
 * How long streams remember what is done with.
 *
 * @param requests what every group has completed; and replies that were read, of each lane
 * @param deadLetters of a topic
 */
record Kept(Retention requests, Retention deadLetters) {
  private static final String DEAD_LETTERS = "dead-letters-";

  static final Kept DEFAULT = new Kept(Retention.DEFAULT, Retention.DEAD_LETTERS);

  static final Set<String> OPTIONS =
      Set.of(
          BrokerUrl.KEEP,
          BrokerUrl.KEEP_BYTES,
          DEAD_LETTERS + BrokerUrl.KEEP,
          DEAD_LETTERS + BrokerUrl.KEEP_BYTES);

  static Kept of(BrokerUrl url) {
    return new Kept(
        url.retention("", Retention.DEFAULT), url.retention(DEAD_LETTERS, Retention.DEAD_LETTERS));
  }
}
