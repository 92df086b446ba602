package dev.leat.worker;

import dev.leat.Topic;
import dev.leat.broker.Broker;
import dev.leat.broker.Cancellation;
import dev.leat.broker.Subscription;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Ids of requests that nobody waits for any more, and since when, the latest of them. Any thread.
 *
 * <p>What is accepted after that under the same id is another request: one that was sent again.
 */
final class Cancellations {
  /** As many as are kept for a worker that comes late. */
  private static final int MOST = 10_000;

  /**
   * One of them.
   *
   * @param at when it was cancelled, in the broker's time; epoch milliseconds
   * @param entryId its place in its stream; empty where who cancelled it did not know
   */
  private record Cancelled(long at, String entryId) {}

  private final Map<String, Cancelled> ids = new LinkedHashMap<>();

  private volatile boolean empty = true;

  /**
   * Hears of all that are cancelled, where the broker tells.
   *
   * @param then told each id, once it is known here
   */
  Subscription follow(Broker broker, Topic topic, Consumer<String> then) {
    return broker.cancellations(topic, batch -> batch.forEach(one -> add(one, then)));
  }

  private void add(Cancellation one, Consumer<String> then) {
    // First remembered, then looked for: one that begins meanwhile sees it, or is seen.
    add(one.messageId(), one.at().toEpochMilli(), one.entryId());
    then.accept(one.messageId());
  }

  private synchronized void add(String id, long at, String entryId) {
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

  /**
   * By its place too: the broker's clock may have been set back since it was accepted. Where only
   * the time is known, what came in the same millisecond may have come after: to handle what nobody
   * waits for is a waste, not to handle what was sent again a loss.
   */
  private synchronized boolean contains(String id, String entryId, Instant acceptedAt) {
    @Nullable Cancelled cancelled = ids.get(id);
    return cancelled != null
        && (cancelled.entryId.equals(entryId) || acceptedAt.toEpochMilli() < cancelled.at);
  }
}
