package dev.leat.trail;

import dev.leat.LeatException;
import dev.leat.Position;
import dev.leat.StreamRef;
import dev.leat.broker.Broker;
import dev.leat.broker.Entry;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Predicate;

/** Reads streams from a time on. Blocks; for virtual threads, and the command. */
final class StreamScan {
  private static final int PAGE = 200;

  private StreamScan() {}

  /**
   * Looks at what stands in a stream from a place on, oldest first.
   *
   * @param until entries that came later are not looked at
   * @param most entries that are looked at
   * @param action gives false once it has seen enough
   * @return whether all was looked at, or enough
   */
  static boolean forEach(
      Broker broker,
      StreamRef stream,
      Position from,
      Instant until,
      long most,
      Predicate<Entry> action) {
    long last = until.toEpochMilli();
    long looked = 0;
    Position next = from;
    while (looked < most) {
      int limit = (int) Math.min(PAGE, most - looked);
      List<Entry> page = result(broker.range(stream, next, limit));
      for (Entry entry : page) {
        if (entry.at() > last || !action.test(entry)) {
          return true;
        }
      }
      if (page.isEmpty()) {
        return true;
      }
      looked += page.size();
      next = Position.after(page.getLast().id());
    }
    return false;
  }

  /** What a broker answers, or why it does not. */
  static <T> T result(CompletionStage<T> asked) {
    try {
      return asked.toCompletableFuture().join();
    } catch (CompletionException failure) {
      throw failure.getCause() instanceof LeatException known ? known : failure;
    }
  }
}
