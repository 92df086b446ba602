package dev.leat.redis;

import dev.leat.Topic;
import dev.leat.wire.StreamKeys;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Removes what every group of a topic has completed, off the hot path. Confined to its loop; each
 * member of a group has one, and so has each gateway, but one of them does the work.
 *
 * <p>It goes by ids alone and never reads a payload. What was completed since it last came by is
 * left, so that there is always something of the recent past to look at.
 */
final class Janitor {
  private static final Logger log = LoggerFactory.getLogger(Janitor.class);

  /** A stream as short as this is left alone. */
  private static final long SHORT = 1_000;

  /** Milliseconds; jittered up to twice that, so that members do not come at the same time. */
  private static final long PAUSE = 1_000;

  private final Vertx vertx;
  private final Health health;
  private final String stream;
  private final String id = Long.toHexString(ThreadLocalRandom.current().nextLong());
  private final Consumer<Health.Trimmed> onSweep;
  private String completedBefore = "0-0";
  private Map<String, String> handedBefore = Map.of();
  private boolean closed;

  /**
   * A janitor of a stream.
   *
   * @param onSweep told what was seen, each time
   */
  Janitor(Vertx vertx, Health health, String stream, Consumer<Health.Trimmed> onSweep) {
    this.vertx = vertx;
    this.health = health;
    this.stream = stream;
    this.onSweep = onSweep;
  }

  void start() {
    long pause = ThreadLocalRandom.current().nextLong(PAUSE, 2 * PAUSE);
    vertx.setTimer(
        pause,
        fired -> {
          if (!closed) {
            sweep()
                .onFailure(failure -> log.debug("stream={} not trimmed", stream, failure))
                .onComplete(done -> start());
          }
        });
  }

  void close() {
    closed = true;
  }

  /** Removes what was completed when it was called before, if it is now too. */
  Future<Health.Trimmed> sweep() {
    return health
        .trimBelow(stream, completedBefore, SHORT, id, handedBefore)
        .onSuccess(
            trimmed -> {
              completedBefore = trimmed.completedBelow();
              handedBefore = trimmed.handed();
              onSweep.accept(trimmed);
            })
        .onComplete(swept -> StreamKeys.incomingTopic(stream).ifPresent(this::sweepDeadLetters));
  }

  /** Whoever sends what no handler can do makes one with each. */
  private void sweepDeadLetters(Topic topic) {
    health
        .trimDeadLetters(topic, id)
        .onSuccess(
            removed -> {
              if (removed > 0) {
                log.warn(
                    "topic={} dead_letters={} forgotten, the oldest: all of them took more than {}"
                        + " bytes, or an eighth of the server's memory",
                    topic,
                    removed,
                    Health.MOST_DEAD_LETTERS);
              }
            })
        .onFailure(failure -> log.debug("topic={} dead letters not trimmed", topic, failure));
  }
}
