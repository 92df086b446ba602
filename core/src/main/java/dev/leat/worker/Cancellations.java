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

  /** When each was cancelled, in the broker's time as what it accepts; epoch milliseconds. */
  private final Map<String, Long> ids = new LinkedHashMap<>();

  private volatile boolean empty = true;

  synchronized void add(String id, long at) {
    ids.merge(id, at, Math::max);
    if (ids.size() > MOST) {
      var oldest = ids.keySet().iterator();
      oldest.next();
      oldest.remove();
    }
    empty = false;
  }

  /** Hot path: asked for every message, and there is hardly ever one. */
  boolean has(String id, Instant acceptedAt) {
    return !empty && contains(id, acceptedAt);
  }

  private synchronized boolean contains(String id, Instant acceptedAt) {
    @Nullable Long at = ids.get(id);
    return at != null && acceptedAt.toEpochMilli() <= at;
  }
}
