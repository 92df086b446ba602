package dev.leat.redis;

import dev.leat.BrokerUnavailable;
import dev.leat.LeatException;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/**
 * An event loop of Vert.x that connections live on.
 *
 * @param vertx it belongs to
 * @param context of the loop
 */
record Io(Vertx vertx, Context context) {
  RedisConnection connection(Server server) {
    return new RedisConnection(vertx, context, server);
  }

  /** Runs something on the loop; from another thread, soon. */
  void run(Runnable action) {
    context.runOnContext(turn -> action.run());
  }

  /** Asks on the loop, from any thread; what the server refuses is a {@link LeatException}. */
  <T> CompletableFuture<T> ask(Supplier<Future<T>> question) {
    CompletableFuture<T> answer = new CompletableFuture<>();
    run(
        () ->
            question
                .get()
                .onSuccess(answer::complete)
                .onFailure(failure -> answer.completeExceptionally(leatException(failure))));
    return answer;
  }

  static LeatException leatException(Throwable failure) {
    return failure instanceof LeatException known
        ? known
        : new BrokerUnavailable(String.valueOf(failure.getMessage()), failure);
  }
}
