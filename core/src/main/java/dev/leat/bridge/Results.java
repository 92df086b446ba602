package dev.leat.bridge;

import dev.leat.LeatException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;

/** What a broker has answered. */
final class Results {
  private Results() {}

  /** Waits for it. */
  static <T> T of(CompletionStage<T> asked) {
    try {
      return asked.toCompletableFuture().join();
    } catch (CompletionException failed) {
      if (cause(failed) instanceof LeatException known) {
        throw known;
      }
      throw failed;
    }
  }

  /** What is behind it. */
  static Throwable cause(Throwable failure) {
    Throwable cause = failure.getCause();
    return failure instanceof CompletionException && cause != null ? cause : failure;
  }
}
