package dev.leat.redis;

import dev.leat.Topic;
import dev.leat.wire.StreamKeys;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Removes what every group of a topic has completed and was kept for long enough, off the hot path.
 * Confined to its loop; each member of a group has one, and so has each gateway, but one of them
 * does the work.
 *
 * <p>It goes by ids alone, but for what stands between entries that wait.
 */
final class Janitor {
  private static final Logger log = LoggerFactory.getLogger(Janitor.class);

  /** Milliseconds; jittered up to twice that, so that members do not come at the same time. */
  private static final long PAUSE = 1_000;

  private final Vertx vertx;
  private final Health health;
  private final Kept kept;
  private final String stream;
  private final String id = Long.toHexString(ThreadLocalRandom.current().nextLong());
  private final Consumer<Health.Trimmed> onSweep;
  private Health.Trimmed before = Health.Trimmed.NOTHING;
  private boolean closed;

  /**
   * A janitor of a stream.
   *
   * @param onSweep told what was seen, each time
   */
  Janitor(Vertx vertx, Health health, Kept kept, String stream, Consumer<Health.Trimmed> onSweep) {
    this.vertx = vertx;
    this.health = health;
    this.kept = kept;
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

  /** Removes what may go now; of what stands between entries that wait, what could have before. */
  Future<Health.Trimmed> sweep() {
    return health
        .trimCompleted(stream, kept.requests(), id, before)
        .onSuccess(
            trimmed -> {
              before = trimmed;
              onSweep.accept(trimmed);
            })
        .onComplete(swept -> StreamKeys.incomingTopic(stream).ifPresent(this::sweepOthers));
  }

  /** Whoever sends what no handler can do makes a dead letter with each. */
  private void sweepOthers(Topic topic) {
    health
        .trimFailedAttempts(topic, kept.requests(), id)
        .onFailure(failure -> log.debug("topic={} failed attempts not trimmed", topic, failure));
    health
        .trimDeadLetters(topic, kept.deadLetters(), id)
        .onSuccess(
            removed -> {
              if (removed > 0) {
                log.warn(
                    "topic={} dead_letters={} forgotten, the oldest: they were kept for long enough,"
                        + " or all of them took more than they may, or an eighth of the server's"
                        + " memory",
                    topic,
                    removed);
              }
            })
        .onFailure(failure -> log.debug("topic={} dead letters not trimmed", topic, failure));
  }
}
