package dev.leat.caller;

import dev.leat.Topic;
import dev.leat.broker.FaultLog;
import java.time.InstantSource;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells whoever reads the log which worker's replies cannot be used, once for each worker and
 * topic: with a broken worker there are as many such replies as requests. Any thread.
 */
public final class ReplyFaults {
  private static final Logger log = LoggerFactory.getLogger(ReplyFaults.class);

  /** Workers have other names after each start; beyond so many it may be told again. */
  private static final int MOST = 1_000;

  private final Set<String> told = ConcurrentHashMap.newKeySet();
  private final FaultLog warnings;

  /** Nothing was told yet. */
  public ReplyFaults(InstantSource clock) {
    this.warnings = new FaultLog(log, clock);
  }

  /**
   * A reply cannot be used.
   *
   * @param source who sent it; empty if that is not said
   * @param cause the sentence that says what is wrong with it
   */
  public void found(String source, Topic topic, String cause) {
    if (told.size() >= MOST) {
      told.clear();
    }
    if (told.add(topic + " " + source)) {
      warnings.warn(
          "topic={} worker={} its reply cannot be used, which is told once: {}",
          topic,
          source.isEmpty() ? "unknown" : source,
          cause);
    } else {
      log.debug("topic={} worker={} its reply cannot be used: {}", topic, source, cause);
    }
  }
}
