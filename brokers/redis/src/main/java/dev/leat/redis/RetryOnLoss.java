package dev.leat.redis;

import dev.leat.BrokerUnavailable;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Tries again what a lost connection, or a state of the server that passes, kept from being done.
 * For what may be done twice without harm. Confined to a loop.
 */
final class RetryOnLoss {
  /** Milliseconds between two attempts; a server takes longer to come back. */
  static final long PAUSE = 100;

  private RetryOnLoss() {}

  /** Whether another attempt may succeed. */
  private static boolean isWorthIt(Throwable failure) {
    return switch (failure) {
      case RedisLost lost -> true;
      case BrokerUnavailable away -> true;
      case RedisFailure refused -> refused.passes();
      default -> false;
    };
  }

  /** Whether there is to be another attempt, of those that end at a time of the JVM's. */
  static boolean isDue(Throwable failure, RedisConnection connection, long end) {
    return isWorthIt(failure) && !connection.closed() && System.nanoTime() < end;
  }

  /** Attempts for some time; the last failure is the result if none succeeds. */
  static <T> Future<T> within(
      Vertx vertx, RedisConnection connection, Duration time, Supplier<Future<T>> attempt) {
    return until(System.nanoTime() + time.toNanos(), vertx, connection, attempt);
  }

  private static <T> Future<T> until(
      long end, Vertx vertx, RedisConnection connection, Supplier<Future<T>> attempt) {
    return attempt
        .get()
        .recover(
            failure ->
                isDue(failure, connection, end)
                    ? vertx
                        .timer(PAUSE, TimeUnit.MILLISECONDS)
                        .compose(waited -> until(end, vertx, connection, attempt))
                    : Future.failedFuture(failure));
  }
}
