package dev.leat.trail;

import dev.leat.LeatException;
import dev.leat.Position;
import dev.leat.StreamRef;
import dev.leat.broker.Broker;
import dev.leat.broker.Entry;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Predicate;

/** Reads streams from a time on. Blocks; for virtual threads, and the command. */
public final class StreamScan {
  /** Entries that are asked for at first; more later. */
  private static final int FIRST_PAGE = 10;

  private static final int LARGEST_PAGE = 400;

  /** No entry comes later. */
  public static final Instant EVER = Instant.ofEpochMilli(Long.MAX_VALUE);

  private StreamScan() {}

  /**
   * Looks at what stands in a stream from a place on, oldest first.
   *
   * @param until entries that came later are not looked at
   * @param most entries that are looked at
   * @param action gives false once it has seen enough
   * @return whether all was looked at, or enough
   */
  public static boolean forEach(
      Broker broker,
      StreamRef stream,
      Position from,
      Instant until,
      long most,
      Predicate<Entry> action) {
    long last = until.toEpochMilli();
    long looked = 0;
    int some = FIRST_PAGE;
    Position next = from;
    while (looked < most) {
      int limit = (int) Math.min(some, most - looked);
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
      some = Math.min(LARGEST_PAGE, some * 3);
      next = Position.after(page.getLast().id());
    }
    return false;
  }

  /** The first entry of a kind among those, if there is one. */
  static Optional<Entry> first(
      Broker broker,
      StreamRef stream,
      Position from,
      Instant until,
      long most,
      Predicate<Entry> wanted) {
    List<Entry> found = new ArrayList<>(1);
    forEach(
        broker,
        stream,
        from,
        until,
        most,
        entry -> {
          if (wanted.test(entry)) {
            found.add(entry);
          }
          return found.isEmpty();
        });
    return found.stream().findFirst();
  }

  /** What a broker answers, or why it does not. */
  public static <T> T result(CompletionStage<T> asked) {
    try {
      return asked.toCompletableFuture().join();
    } catch (CompletionException failure) {
      throw failure.getCause() instanceof LeatException known ? known : failure;
    }
  }
}
