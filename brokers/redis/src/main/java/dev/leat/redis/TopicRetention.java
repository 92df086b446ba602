package dev.leat.redis;

import dev.leat.Retention;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.Optional;

/** How long what is done with is kept of one topic, as it stands beside its stream. */
final class TopicRetention {
  private TopicRetention() {}

  /** Where it stands: milliseconds, a space, and bytes. */
  static String key(String stream) {
    return stream + "::RETENTION";
  }

  static Future<?> say(RedisConnection connection, String stream, Retention retention) {
    return connection.send(
        Command.of("SET", key(stream), retention.age().toMillis() + " " + retention.bytes()));
  }

  /** What was said last; empty where nothing was. */
  static Future<Optional<Retention>> of(RedisConnection connection, String stream) {
    return connection
        .send(Command.of("GET", key(stream)))
        .map(said -> said.isNothing() ? Optional.empty() : read(said.text()));
  }

  /** Reads what stands there, which others may have written. */
  static Optional<Retention> read(String text) {
    String[] parts = text.split(" ", -1);
    try {
      return parts.length == 2
          ? Optional.of(
              new Retention(Duration.ofMillis(Long.parseLong(parts[0])), Long.parseLong(parts[1])))
          : Optional.empty();
    } catch (IllegalArgumentException unreadable) {
      return Optional.empty();
    }
  }
}
