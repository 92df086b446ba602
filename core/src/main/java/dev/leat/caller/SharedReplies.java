package dev.leat.caller;

import dev.leat.BrokerUnavailable;
import dev.leat.Message;
import dev.leat.Position;
import dev.leat.StreamRef;
import dev.leat.Topic;
import dev.leat.broker.BrokenEntry;
import dev.leat.broker.Broker;
import dev.leat.broker.Capability;
import dev.leat.broker.Entry;
import dev.leat.broker.EntryListener;
import dev.leat.broker.EventLoop;
import dev.leat.broker.Subscription;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the reply streams that topics share, once for all the loops of a program, and hands each
 * reply to whoever waits for it. Any thread.
 */
public final class SharedReplies implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(SharedReplies.class);

  private static final Duration TRIM_PAUSE = Duration.ofSeconds(5);

  /** A broker that was there a moment ago answers within this, or not at all. */
  private static final long PATIENCE_SECONDS = 10;

  private record Reader(EventLoop loop, PendingCalls calls) {}

  private final Broker broker;
  private final EventLoop loop;
  private final Map<Topic, Subscription> subscriptions = new ConcurrentHashMap<>();
  private final Map<Topic, Integer> limits = new ConcurrentHashMap<>();
  private final List<Reader> readers = new CopyOnWriteArrayList<>();
  private final AtomicBoolean trimming = new AtomicBoolean();
  private volatile boolean closed;

  /**
   * Reads nothing yet.
   *
   * @param loop for its timer
   */
  public SharedReplies(Broker broker, EventLoop loop) {
    this.broker = broker;
    this.loop = loop;
  }

  /**
   * Reads the shared replies of some topics from now on.
   *
   * <p>Once the result is there, none is missed; it fails with {@link BrokerUnavailable} if the
   * broker does not answer.
   *
   * @param topics and how many entries of each are left for others that read them: of its replies,
   *     and of its requests as far as no group has to complete them
   */
  public CompletionStage<Void> listen(Map<Topic, Integer> topics) {
    limits.putAll(topics);
    if (!topics.isEmpty()
        && broker.capabilities().contains(Capability.TRIM)
        && trimming.compareAndSet(false, true)) {
      trimLater();
    }
    return CompletableFuture.allOf(
        topics.keySet().stream().map(topic -> ready(topic)).toArray(CompletableFuture<?>[]::new));
  }

  /** Hands replies to calls, on their loop. */
  public void handTo(EventLoop callsLoop, PendingCalls calls) {
    readers.add(new Reader(callsLoop, calls));
  }

  /** Hands it nothing more: its loop ends. */
  public void forget(PendingCalls calls) {
    readers.removeIf(reader -> reader.calls().equals(calls));
  }

  @Override
  public void close() {
    closed = true;
    subscriptions.values().forEach(Subscription::close);
  }

  private CompletableFuture<?> ready(Topic topic) {
    return subscriptions
        .computeIfAbsent(topic, this::begun)
        .ready()
        .toCompletableFuture()
        .orTimeout(PATIENCE_SECONDS, TimeUnit.SECONDS)
        .exceptionallyCompose(
            silent ->
                CompletableFuture.failedFuture(
                    new BrokerUnavailable(
                        "the replies of topic " + topic + " cannot be read", silent)));
  }

  private Subscription begun(Topic topic) {
    Subscription subscription =
        broker.tail(
            topic.sharedReplies(),
            Position.NOW,
            new EntryListener() {
              @Override
              public void onEntries(List<Entry> entries) {
                List<Message> replies = entries.stream().map(Entry::message).toList();
                tell(topic, calls -> calls.onSharedReplies(topic, replies));
              }

              @Override
              public void onBroken(BrokenEntry broken) {
                tell(topic, calls -> calls.onBroken(topic, broken));
              }
            });
    subscription.request(Integer.MAX_VALUE);
    return subscription;
  }

  private void tell(Topic topic, Consumer<PendingCalls> what) {
    for (Reader reader : readers) {
      try {
        reader.loop().execute(() -> what.accept(reader.calls()));
      } catch (RejectedExecutionException ended) {
        log.debug("topic={} the loop of a reader has ended", topic, ended);
      }
    }
  }

  private void trimLater() {
    loop.schedule(
        TRIM_PAUSE,
        () -> {
          if (!closed) {
            limits.forEach(
                (topic, kept) -> {
                  trim(topic.sharedReplies(), kept);
                  trim(topic.incoming(), kept);
                });
            trimLater();
          }
        });
  }

  private void trim(StreamRef stream, long kept) {
    var unused =
        broker
            .trim(stream, kept)
            .whenComplete(
                (removed, failure) -> {
                  if (failure != null) {
                    log.debug("stream={} not trimmed", stream, failure);
                  }
                });
  }
}
