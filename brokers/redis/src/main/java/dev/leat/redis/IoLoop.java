package dev.leat.redis;

import dev.leat.BrokerUnavailable;
import dev.leat.LeatException;
import dev.leat.StreamFull;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An event loop of Vert.x that connections live on.
 *
 * @param vertx it belongs to
 * @param context of the loop
 */
record IoLoop(Vertx vertx, Context context) {
  private static final Logger log = LoggerFactory.getLogger(IoLoop.class);

  RedisConnection connection(Server server) {
    return new RedisConnection(vertx, context, server);
  }

  /**
   * Runs something on the loop; from another thread, soon. On a loop that has ended, and with it
   * its connections, nothing is left to do.
   */
  void run(Runnable action) {
    try {
      execute(action);
    } catch (RejectedExecutionException ended) {
      log.debug("a connection's event loop has ended", ended);
    }
  }

  /**
   * Runs something on the loop, soon; throws {@link RejectedExecutionException} if it has ended.
   */
  void execute(Runnable action) {
    context.runOnContext(turn -> action.run());
  }

  static BrokerUnavailable ended(RejectedExecutionException ended) {
    return new BrokerUnavailable("this connection has ended", ended);
  }

  /** Asks on the loop, from any thread; what the server refuses is a {@link LeatException}. */
  <T> CompletableFuture<T> ask(Supplier<Future<T>> question) {
    CompletableFuture<T> answer = new CompletableFuture<>();
    try {
      context.runOnContext(
          turn ->
              question
                  .get()
                  .onSuccess(answer::complete)
                  .onFailure(failure -> answer.completeExceptionally(leatException(failure))));
    } catch (RejectedExecutionException ended) {
      answer.completeExceptionally(ended(ended));
    }
    return answer;
  }

  static LeatException leatException(Throwable failure) {
    if (failure instanceof LeatException known) {
      return known;
    }
    if (failure instanceof RedisLost lost) {
      return BrokerUnavailable.inTheMidst(String.valueOf(lost.getMessage()), lost);
    }
    return failure instanceof RedisFailure refused && refused.isOutOfMemory()
        ? new StreamFull("the server has no memory left: " + refused.getMessage())
        : new BrokerUnavailable(String.valueOf(failure.getMessage()), failure);
  }
}
