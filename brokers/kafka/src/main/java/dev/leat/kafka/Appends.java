package dev.leat.kafka;

import dev.leat.BadMessage;
import dev.leat.BrokerUnavailable;
import dev.leat.Headers;
import dev.leat.LeatException;
import dev.leat.StreamFull;
import dev.leat.broker.Append;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.apache.kafka.clients.producer.BufferExhaustedException;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.UnknownTopicIdException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.jspecify.annotations.Nullable;

/**
 * Sends messages by one producer, which puts together what comes while it sends. Blocks nobody: a
 * topic that it has not sent to before is looked for, or made, while what is for it waits. Any
 * thread.
 */
final class Appends implements AutoCloseable {
  /** Bytes that may be on their way. */
  static final long BUFFER = 64L << 20;

  /** What its headers and its place take, beside a payload. */
  private static final int OVERHEAD = 512;

  private static final long RENEWAL_NANOS = Duration.ofSeconds(1).toNanos();

  /** As long as it may take until the producer knows a topic or a partition that is there. */
  static final Duration METADATA = Duration.ofSeconds(10);

  static final Duration LOOK = Duration.ofMillis(5);
  private static final Duration FAREWELL = Duration.ofSeconds(2);

  /** Of the system: handlers that never rest may have all that virtual threads run on. */
  static final Executor LOOKING =
      task -> Thread.ofPlatform().name("leat-kafka-topic").daemon().start(task);

  private final KafkaSettings settings;
  private final KafkaTopics topics;
  private volatile KafkaProducer<byte[], byte[]> producer;
  private final Map<String, AppendTarget> targets = new ConcurrentHashMap<>();
  private final AtomicLong onTheWay = new AtomicLong();
  private volatile boolean closed;

  // Guarded by this.
  private long renewedAt = System.nanoTime() - RENEWAL_NANOS;

  Appends(KafkaSettings settings, KafkaTopics topics) {
    this.settings = settings;
    this.producer = new KafkaProducer<>(settings.producer());
    this.topics = topics;
  }

  /** Sends all of them, in order; the result has the place of each. */
  CompletionStage<List<String>> append(List<Append> batch) {
    if (closed) {
      return CompletableFuture.failedStage(new BrokerUnavailable("the broker is closed"));
    }
    if (batch.size() == 1) {
      return send(batch.getFirst()).thenApply(List::of);
    }
    List<CompletableFuture<String>> sent = new ArrayList<>(batch.size());
    batch.forEach(one -> sent.add(send(one)));
    return CompletableFuture.allOf(sent.toArray(CompletableFuture[]::new))
        .thenApply(all -> sent.stream().map(CompletableFuture::join).toList())
        .exceptionallyCompose(failure -> CompletableFuture.failedStage(KafkaFailures.of(failure)));
  }

  private CompletableFuture<String> send(Append append) {
    CompletableFuture<String> placed = new CompletableFuture<>();
    try {
      Optional<LaneAddress> lane = LaneAddress.read(TopicNames.of(append.stream()));
      AppendTarget target = target(append, lane);
      target.whenKnown(
          () -> send(target, append, lane, placed),
          failure -> placed.completeExceptionally(KafkaFailures.of(failure)));
    } catch (LeatException refused) {
      placed.completeExceptionally(refused);
    }
    return placed;
  }

  /**
   * What a message is to be, for whoever sends it in a transaction: its topic is there then.
   * Nothing where nobody would read it.
   */
  CompletableFuture<Optional<ProducerRecord<byte[], byte[]>>> record(Append append) {
    CompletableFuture<Optional<ProducerRecord<byte[], byte[]>>> known = new CompletableFuture<>();
    try {
      Optional<LaneAddress> lane = LaneAddress.read(TopicNames.of(append.stream()));
      AppendTarget target = target(append, lane);
      target.whenKnown(
          () -> {
            var unused =
                record(target, append, lane)
                    .whenComplete(
                        (record, failure) -> {
                          if (failure == null) {
                            known.complete(record);
                          } else {
                            known.completeExceptionally(KafkaFailures.of(failure));
                          }
                        });
          },
          failure -> known.completeExceptionally(KafkaFailures.of(failure)));
    } catch (LeatException refused) {
      known.completeExceptionally(refused);
    }
    return known;
  }

  private CompletionStage<Optional<ProducerRecord<byte[], byte[]>>> record(
      AppendTarget target, Append append, Optional<LaneAddress> lane) {
    Integer partition = partition(target, append, lane);
    ProducerRecord<byte[], byte[]> record =
        CloudEventRecord.write(target.name(), partition, append.message(), lane);
    return lane.isEmpty() || partition == null || target.has(partition)
        ? CompletableFuture.completedStage(Optional.of(record))
        : topics
            .lookAgain(target.name())
            .thenApply(
                there -> partition < there.orElse(0) ? Optional.of(record) : Optional.empty());
  }

  private AppendTarget target(Append append, Optional<LaneAddress> lane) {
    return targets.computeIfAbsent(
        lane.isPresent() ? TopicNames.REPLIES : TopicNames.of(append.stream()),
        name -> new AppendTarget(name, topics, () -> producer));
  }

  /** It is not known any more that topics are there: what was sent to one of them was refused. */
  void lost(Collection<String> names) {
    names.stream().map(targets::get).filter(Objects::nonNull).forEach(AppendTarget::lost);
  }

  private void send(
      AppendTarget target,
      Append append,
      Optional<LaneAddress> lane,
      CompletableFuture<String> placed) {
    Integer partition = partition(target, append, lane);
    if (lane.isPresent() && partition != null && !target.has(partition)) {
      var unused =
          topics
              .lookAgain(target.name())
              .whenCompleteAsync(
                  (there, failure) -> {
                    if (failure != null) {
                      // Somebody may be there.
                      placed.completeExceptionally(KafkaFailures.of(failure));
                    } else if (partition < there.orElse(0)) {
                      sendOnceSeen(target, append, lane, placed);
                    } else {
                      // Nobody is there.
                      placed.complete("");
                    }
                  },
                  LOOKING);
      return;
    }
    // The producer forgets a topic that a server which has just begun does not know yet.
    sendNow(
        target,
        append,
        lane,
        partition,
        placed,
        forgotten -> {
          target.lost();
          target.whenKnown(
              () ->
                  sendNow(
                      target,
                      append,
                      lane,
                      partition(target, append, lane),
                      placed,
                      placed::completeExceptionally),
              failure -> placed.completeExceptionally(KafkaFailures.of(failure)));
        });
  }

  /** Where it goes; null where its key says so, or Kafka. */
  private static @Nullable Integer partition(
      AppendTarget target, Append append, Optional<LaneAddress> lane) {
    if (lane.isPresent()) {
      return target.partition(lane.get());
    }
    return append.message().headers().has(Headers.KEY) ? null : target.next();
  }

  /** To a partition that the producer has not heard of: it asks because of what it is to send. */
  private void sendOnceSeen(
      AppendTarget target,
      Append append,
      Optional<LaneAddress> lane,
      CompletableFuture<String> placed) {
    long end = System.nanoTime() + METADATA.toNanos();
    CompletableFuture<String> attempt = attempt(target, append, lane);
    while (attempt.isCompletedExceptionally() && System.nanoTime() < end) {
      LockSupport.parkNanos(LOOK.toNanos());
      attempt = attempt(target, append, lane);
    }
    var unused =
        attempt.whenComplete(
            (id, failure) -> {
              if (failure == null) {
                placed.complete(id);
              } else {
                placed.completeExceptionally(failure);
              }
            });
  }

  private CompletableFuture<String> attempt(
      AppendTarget target, Append append, Optional<LaneAddress> lane) {
    CompletableFuture<String> attempt = new CompletableFuture<>();
    Integer partition = partition(target, append, lane);
    sendNow(target, append, lane, partition, attempt, attempt::completeExceptionally);
    return attempt;
  }

  /**
   * Sends it.
   *
   * @param unknown told if the producer does not know where to, and so has not sent it
   */
  private void sendNow(
      AppendTarget target,
      Append append,
      Optional<LaneAddress> lane,
      @Nullable Integer partition,
      CompletableFuture<String> placed,
      Consumer<LeatException> unknown) {
    if (onTheWay.get() > BUFFER / 2) {
      placed.completeExceptionally(tooSlow());
      return;
    }
    int size = append.message().payload().size() + OVERHEAD;
    onTheWay.addAndGet(size);
    KafkaProducer<byte[], byte[]> own = producer;
    if (partition != null) {
      target.stalls().sent(partition);
    }
    try {
      ProducerRecord<byte[], byte[]> record =
          CloudEventRecord.write(target.name(), partition, append.message(), lane);
      AtomicBoolean isAsked = new AtomicBoolean(true);
      var unused =
          own.send(
              record,
              (there, failure) -> {
                if (partition != null) {
                  target.stalls().ended(partition, failure == null);
                }
                boolean isFull = failure instanceof BufferExhaustedException;
                if (isAsked.get() && failure instanceof TimeoutException && !isFull) {
                  onTheWay.addAndGet(-size);
                  unknown.accept(KafkaFailures.of(failure));
                } else {
                  sent(target, size, there, failure, placed);
                }
              });
      isAsked.set(false);
    } catch (RuntimeException refused) {
      onTheWay.addAndGet(-size);
      if (partition != null) {
        target.stalls().ended(partition, false);
      }
      if (refused.getClass() == KafkaException.class || refused instanceof IllegalStateException) {
        renew(own);
      }
      placed.completeExceptionally(
          refused instanceof IllegalArgumentException
              ? new BadMessage(String.valueOf(refused.getMessage()), refused)
              : KafkaFailures.of(refused));
    }
  }

  /**
   * One that has failed for good takes nothing any more: another is made, once a second at most.
   */
  @SuppressWarnings("ReferenceEquality") // Another has perhaps made one meanwhile.
  private synchronized void renew(KafkaProducer<byte[], byte[]> failed) {
    long now = System.nanoTime();
    if (!closed && producer == failed && now - renewedAt > RENEWAL_NANOS) {
      renewedAt = now;
      producer = new KafkaProducer<>(settings.producer());
      targets.values().forEach(AppendTarget::lost);
      LOOKING.execute(() -> failed.close(Duration.ZERO));
    }
  }

  static StreamFull tooSlow() {
    return new StreamFull("Kafka takes what is sent more slowly than it comes");
  }

  private void sent(
      AppendTarget target,
      int size,
      @Nullable RecordMetadata there,
      @Nullable Exception failure,
      CompletableFuture<String> placed) {
    onTheWay.addAndGet(-size);
    if (failure instanceof BufferExhaustedException) {
      placed.completeExceptionally(tooSlow());
    } else if (failure != null || there == null) {
      if (failure instanceof TimeoutException
          || failure instanceof UnknownTopicOrPartitionException
          || failure instanceof UnknownTopicIdException) {
        target.lost();
      }
      placed.completeExceptionally(
          KafkaFailures.of(failure == null ? new IllegalStateException("nothing") : failure));
    } else {
      placed.complete(
          new EntryPlace(there.timestamp(), there.partition(), there.offset()).toString());
    }
  }

  @Override
  public void close() {
    KafkaProducer<byte[], byte[]> last;
    synchronized (this) {
      closed = true;
      last = producer;
    }
    last.close(FAREWELL);
  }
}
