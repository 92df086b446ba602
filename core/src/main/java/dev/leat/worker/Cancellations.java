package dev.leat.worker;

import dev.leat.Headers;
import dev.leat.Message;
import dev.leat.Position;
import dev.leat.Topic;
import dev.leat.broker.Broker;
import dev.leat.broker.Entry;
import dev.leat.broker.Subscription;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Ids of requests that nobody waits for any more, and since when, the latest of them. Any thread.
 *
 * <p>What is accepted after that under the same id is another request: one that was sent again.
 */
final class Cancellations {
  /** As many as the stream keeps for a worker that comes late. */
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
   * Hears of all that are cancelled, from the start of what is left: much may have been given up
   * while no worker was there.
   *
   * @param then told each id, once it is known here
   */
  Subscription follow(Broker broker, Topic topic, Consumer<String> then) {
    AtomicInteger heard = new AtomicInteger();
    Subscription begun =
        broker.tail(
            topic.cancelled(),
            Position.START,
            batch -> {
              batch.forEach(entry -> add(entry, then));
              if (heard.addAndGet(batch.size()) >= MOST) {
                heard.set(0);
                var unused = broker.trim(topic.cancelled(), MOST);
              }
            });
    begun.request(Integer.MAX_VALUE);
    return begun;
  }

  private void add(Entry entry, Consumer<String> then) {
    Message message = entry.message();
    // First remembered, then looked for: one that begins meanwhile sees it, or is seen.
    add(message.id(), entry.at(), message.headers().get(Headers.ENTRY).orElse(""));
    then.accept(message.id());
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
