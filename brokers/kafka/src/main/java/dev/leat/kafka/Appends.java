package dev.leat.kafka;

import dev.leat.BadMessage;
import dev.leat.BrokerUnavailable;
import dev.leat.Headers;
import dev.leat.LeatException;
import dev.leat.StreamFull;
import dev.leat.broker.Append;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
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

  /** Messages that wait for a topic to be known. */
  private static final int MOST_WAITING = 20_000;

  /** Between two looks at how many partitions a topic has. */
  private static final int LOOK_EACH = 256;

  private static final long RENEWAL_NANOS = Duration.ofSeconds(1).toNanos();
  private static final Duration METADATA = Duration.ofSeconds(10);
  private static final Duration LOOK = Duration.ofMillis(5);
  private static final Duration FAREWELL = Duration.ofSeconds(2);

  /** Of the system: handlers that never rest may have all that virtual threads run on. */
  private static final Executor LOOKING =
      task -> Thread.ofPlatform().name("leat-kafka-topic").daemon().start(task);

  private final KafkaSettings settings;
  private final KafkaTopics topics;
  private volatile KafkaProducer<byte[], byte[]> producer;
  private final Map<String, Target> targets = new ConcurrentHashMap<>();
  private final AtomicLong onTheWay = new AtomicLong();
  private volatile boolean closed;

  // Guarded by this.
  private long renewedAt = System.nanoTime() - RENEWAL_NANOS;

  Appends(KafkaSettings settings, KafkaTopics topics) {
    this.settings = settings;
    this.producer = new KafkaProducer<>(settings.producer());
    this.topics = topics;
  }

  /** A topic, and what waits for it to be known. */
  private final class Target {
    private final String name;
    private final Queue<Consumer<Throwable>> waiting = new ArrayDeque<>();
    private final AtomicInteger turn = new AtomicInteger();
    private final Stalls stalls = new Stalls();
    private boolean asked;
    private volatile int partitions;

    /** Known, and nothing waits any more. */
    private volatile boolean open;

    Target(String name) {
      this.name = name;
    }

    /** Does something once it is known, in the order in which it was given. */
    void whenKnown(Runnable send, Consumer<Throwable> refused) {
      if (open) {
        send.run();
        return;
      }
      synchronized (this) {
        if (!open && waiting.size() >= MOST_WAITING) {
          refused.accept(tooSlow());
          return;
        }
        if (!open) {
          waiting.add(
              failure -> {
                if (failure == null) {
                  send.run();
                } else {
                  refused.accept(failure);
                }
              });
          ask();
          return;
        }
      }
      send.run();
    }

    private void ask() {
      if (!asked) {
        asked = true;
        // The producer looks for itself, and waits for that.
        var unused =
            topics
                .partitions(name)
                .thenApplyAsync(
                    many -> {
                      awaitMetadata();
                      return many;
                    },
                    LOOKING)
                .whenComplete(this::known);
      }
    }

    /** It says at once what it knows, and asks meanwhile. */
    private void awaitMetadata() {
      long end = System.nanoTime() + METADATA.toNanos();
      while (true) {
        try {
          Object unused = producer.partitionsFor(name);
          return;
        } catch (TimeoutException notYet) {
          if (System.nanoTime() > end) {
            throw notYet;
          }
          LockSupport.parkNanos(LOOK.toNanos());
        }
      }
    }

    /** It is not there any more, it seems. */
    void lost() {
      synchronized (this) {
        open = false;
      }
      topics.forget(name);
    }

    /** Whether the producer knows such a partition; it may have been given more. */
    private boolean has(int partition) {
      if (partition >= partitions) {
        look();
      }
      return partition < partitions;
    }

    private void look() {
      try {
        partitions = producer.partitionsFor(name).size();
      } catch (TimeoutException away) {
        // As it was.
      }
    }

    private void known(@Nullable Integer many, @Nullable Throwable failure) {
      synchronized (this) {
        asked = false;
        partitions = many == null ? 0 : many;
        for (Consumer<Throwable> one = waiting.poll(); one != null; one = waiting.poll()) {
          one.accept(failure);
        }
        open = failure == null;
      }
    }

    /** Where a message goes that may go to any: to each in turn that takes what is sent. */
    private @Nullable Integer next() {
      int next = turn.getAndIncrement();
      if ((next & (LOOK_EACH - 1)) == 0) {
        look();
      }
      int many = partitions;
      for (int i = 0; i < many; i++) {
        int partition = Math.floorMod(next + i, many);
        if (!stalls.isStalled(partition)) {
          return partition;
        }
      }
      return null;
    }

    private int partitionOrFirst(LaneAddress lane) {
      int found = partition(lane);
      return found < 0 ? lane.partitions().getFirst() : found;
    }

    /** Where a reply goes; below 0 where its lane has no such partition. */
    private int partition(LaneAddress lane) {
      int found = -1;
      for (int one : lane.partitions()) {
        if (has(one)) {
          if (!stalls.isStalled(one)) {
            return one;
          }
          found = found < 0 ? one : found;
        }
      }
      return found;
    }
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
      String address = TopicNames.of(append.stream());
      Optional<LaneAddress> lane = LaneAddress.read(address);
      Target target =
          targets.computeIfAbsent(lane.isPresent() ? TopicNames.REPLIES : address, Target::new);
      target.whenKnown(
          () -> send(target, append, lane, placed),
          failure -> placed.completeExceptionally(KafkaFailures.of(failure)));
    } catch (LeatException refused) {
      placed.completeExceptionally(refused);
    }
    return placed;
  }

  private void send(
      Target target, Append append, Optional<LaneAddress> lane, CompletableFuture<String> placed) {
    if (lane.filter(to -> target.partition(to) < 0).isPresent()) {
      var unused =
          topics
              .lookAgain(target.name)
              .whenCompleteAsync(
                  (there, failure) -> {
                    int many = failure == null ? there.orElse(0) : 0;
                    if (lane.filter(to -> to.partitions().getFirst() < many).isPresent()) {
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
        placed,
        forgotten -> {
          target.lost();
          target.whenKnown(
              () -> sendNow(target, append, lane, placed, placed::completeExceptionally),
              failure -> placed.completeExceptionally(KafkaFailures.of(failure)));
        });
  }

  /** To a partition that the producer has not heard of: it asks because of what it is to send. */
  private void sendOnceSeen(
      Target target, Append append, Optional<LaneAddress> lane, CompletableFuture<String> placed) {
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
      Target target, Append append, Optional<LaneAddress> lane) {
    CompletableFuture<String> attempt = new CompletableFuture<>();
    sendNow(target, append, lane, attempt, attempt::completeExceptionally);
    return attempt;
  }

  /**
   * Sends it.
   *
   * @param unknown told if the producer does not know where to, and so has not sent it
   */
  private void sendNow(
      Target target,
      Append append,
      Optional<LaneAddress> lane,
      CompletableFuture<String> placed,
      Consumer<LeatException> unknown) {
    if (onTheWay.get() > BUFFER / 2) {
      placed.completeExceptionally(tooSlow());
      return;
    }
    int size = append.message().payload().size() + OVERHEAD;
    onTheWay.addAndGet(size);
    KafkaProducer<byte[], byte[]> own = producer;
    boolean isFree = lane.isEmpty() && !append.message().headers().has(Headers.KEY);
    Integer partition = isFree ? target.next() : lane.map(target::partitionOrFirst).orElse(null);
    if (partition != null) {
      target.stalls.sent(partition);
    }
    try {
      ProducerRecord<byte[], byte[]> record =
          CloudEventRecord.write(target.name, partition, append.message(), lane);
      AtomicBoolean isAsked = new AtomicBoolean(true);
      var unused =
          own.send(
              record,
              (there, failure) -> {
                if (partition != null) {
                  target.stalls.ended(partition, failure == null);
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
        target.stalls.ended(partition, false);
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
      targets.values().forEach(Target::lost);
      LOOKING.execute(() -> failed.close(Duration.ZERO));
    }
  }

  private static StreamFull tooSlow() {
    return new StreamFull("Kafka takes what is sent more slowly than it comes");
  }

  private void sent(
      Target target,
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
