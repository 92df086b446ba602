package dev.leat.worker;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Ids of requests that nobody waits for any more, and since when, the latest of them. Any thread.
 *
 * <p>What is accepted after that under the same id is another request: one that was sent again.
 */
final class Cancellations {
  /** As many as the stream keeps for a worker that comes late. */
  static final int MOST = 10_000;

  /**
   * One of them.
   *
   * @param at when it was cancelled, in the broker's time; epoch milliseconds
   * @param entryId its place in its stream; empty where who cancelled it did not know
   */
  private record Cancelled(long at, String entryId) {}

  private final Map<String, Cancelled> ids = new LinkedHashMap<>();

  private volatile boolean empty = true;

  synchronized void add(String id, long at, String entryId) {
    ids.merge(id, new Cancelled(at, entryId), (one, other) -> one.at > other.at ? one : other);
    if (ids.size() > MOST) {
      var oldest = ids.keySet().iterator();
      oldest.next();
      oldest.remove();
    }
    empty = false;
  }

  /** Hot path: asked for every message, and there is hardly ever one. */
  boolean has(String id, String entryId, Instant acceptedAt) {
    return !empty && contains(id, entryId, acceptedAt);
  }

  /** By its place too: the broker's clock may have been set back since it was accepted. */
  private synchronized boolean contains(String id, String entryId, Instant acceptedAt) {
    @Nullable Cancelled cancelled = ids.get(id);
    return cancelled != null
        && (cancelled.entryId.equals(entryId) || acceptedAt.toEpochMilli() <= cancelled.at);
  }
}
