package dev.leat.broker.memory;

import dev.leat.LeatException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

/** Answers that are known at once, as a broker gives them: a refusal is one too. */
final class Answers {
  private Answers() {}

  /** Of an action that gives a stage. */
  static <T> CompletionStage<T> of(Supplier<CompletionStage<T>> action) {
    try {
      return action.get();
    } catch (LeatException refused) {
      return CompletableFuture.failedStage(refused);
    }
  }

  /** Of one that gives the answer itself. */
  static <T> CompletionStage<T> now(Supplier<T> action) {
    return of(() -> CompletableFuture.completedStage(action.get()));
  }
}
