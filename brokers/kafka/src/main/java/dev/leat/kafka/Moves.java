package dev.leat.kafka;

import dev.leat.BrokerUnavailable;
import dev.leat.StreamFull;
import dev.leat.broker.Append;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListConsumerGroupOffsetsOptions;
import org.apache.kafka.clients.admin.ListConsumerGroupOffsetsSpec;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.InvalidTxnStateException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.errors.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes entries out of streams that no group reads. What was taken out is noted as a group of Kafka
 * notes what it has completed, in one transaction with what is appended instead. Of two that do so
 * at once in one stream Kafka fences one, which looks again. Any thread.
 */
final class Moves implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Moves.class);

  /** In one transaction, which takes some milliseconds however many they are. */
  private static final int MOST = 100;

  /** Producers that are kept. */
  private static final int MOST_STREAMS = 8;

  /** Until one that was fenced by others each time gives up. */
  private static final int ATTEMPTS = 20;

  private static final Duration PAUSE = Duration.ofMillis(30);
  private static final Duration FAREWELL = Duration.ofSeconds(2);

  private final KafkaSettings settings;
  private final Admin admin;
  private final KafkaTopics topics;
  private final KafkaOffsets offsets;
  private final Queue<Move> asked = new ConcurrentLinkedQueue<>();
  private final ExecutorService executor =
      Executors.newSingleThreadExecutor(
          Thread.ofPlatform().name("leat-kafka-moves").daemon().factory());

  /** By the streams that they take out of, the one used last at the end; of the executor. */
  private final Map<String, Mover> movers = new LinkedHashMap<>(MOST_STREAMS, 0.75F, true);

  Moves(KafkaSettings settings, Admin admin, KafkaTopics topics, KafkaOffsets offsets) {
    this.settings = settings;
    this.admin = admin;
    this.topics = topics;
    this.offsets = offsets;
  }

  private record Move(
      String stream, EntryPlace place, Append to, CompletableFuture<Boolean> moved) {
    TopicPartition partition() {
      return new TopicPartition(stream, place.partition());
    }
  }

  /** Whether an entry was there still; if so, it is not any more, and what replaces it is. */
  CompletionStage<Boolean> move(String stream, EntryPlace place, Append to) {
    CompletableFuture<Boolean> moved = new CompletableFuture<>();
    asked.add(new Move(stream, place, to, moved));
    try {
      executor.execute(this::work);
    } catch (RejectedExecutionException closed) {
      moved.completeExceptionally(new BrokerUnavailable("the broker is closed", closed));
    }
    return moved;
  }

  /** What was taken out of a stream, by partitions in which anything was. */
  CompletionStage<Map<TopicPartition, PartitionProgress>> takenOut(String stream) {
    if (!TopicNames.isMovable(stream)) {
      return CompletableFuture.completedStage(Map.of());
    }
    String group = TopicNames.movedGroup(stream);
    ListConsumerGroupOffsetsOptions stable =
        new ListConsumerGroupOffsetsOptions().requireStable(true);
    return KafkaFailures.stage(
            admin
                .listConsumerGroupOffsets(Map.of(group, new ListConsumerGroupOffsetsSpec()), stable)
                .partitionsToOffsetAndMetadata(group))
        .thenApply(
            found -> {
              Map<TopicPartition, PartitionProgress> all = new HashMap<>();
              found.forEach(
                  (partition, known) -> {
                    if (known != null) {
                      all.put(partition, PartitionProgress.read(known.offset(), known.metadata()));
                    }
                  });
              return all;
            });
  }

  // On the executor's thread

  private void work() {
    Move first = asked.poll();
    if (first == null) {
      return;
    }
    List<Move> batch = new ArrayList<>(List.of(first));
    Move next = asked.peek();
    while (batch.size() < MOST && next != null && next.stream().equals(first.stream())) {
      batch.add(next);
      asked.remove();
      next = asked.peek();
    }
    moveAll(batch);
  }

  private void moveAll(List<Move> batch) {
    try {
      move(batch);
    } catch (RuntimeException failure) {
      if (batch.size() == 1) {
        batch.getFirst().moved().completeExceptionally(KafkaFailures.of(failure));
      } else {
        // One that cannot be moved is not to stop the others.
        batch.forEach(one -> moveAll(List.of(one)));
      }
    }
  }

  private void move(List<Move> batch) {
    String stream = batch.getFirst().stream();
    for (int attempt = 1; ; attempt++) {
      try {
        mover(stream).move(batch);
        return;
      } catch (RuntimeException failure) {
        drop(stream);
        if (!isByOthers(failure)) {
          throw failure;
        }
        if (attempt == ATTEMPTS) {
          throw new BrokerUnavailable(
              "others take out of %s all the time, ask again".formatted(stream), failure);
        }
        long nanos = PAUSE.toNanos();
        LockSupport.parkNanos(ThreadLocalRandom.current().nextLong(nanos, 2 * nanos));
      }
    }
  }

  /**
   * Whether another has begun to take out of the same stream. The next attempt sees what it did.
   */
  private static boolean isByOthers(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof ProducerFencedException
          || cause instanceof InvalidProducerEpochException
          || cause instanceof InvalidTxnStateException) {
        return true;
      }
    }
    return false;
  }

  private Mover mover(String stream) {
    Mover known = movers.get(stream);
    if (known != null) {
      return known;
    }
    if (movers.size() >= MOST_STREAMS) {
      drop(movers.keySet().iterator().next());
    }
    Mover opened = new Mover(stream);
    movers.put(stream, opened);
    opened.begin();
    return opened;
  }

  private void drop(String stream) {
    Mover known = movers.remove(stream);
    if (known != null) {
      known.producer.close(Duration.ZERO);
    }
  }

  /** The only one that takes out of a stream, until another begins: then its producer is fenced. */
  private final class Mover {
    private final String stream;
    private final KafkaProducer<byte[], byte[]> producer;
    private final ConsumerGroupMetadata group;
    private Map<TopicPartition, PartitionProgress> takenOut = Map.of();

    Mover(String stream) {
      this.stream = stream;
      this.producer = new KafkaProducer<>(settings.transactional("leat-moves." + stream));
      this.group = group(stream);
    }

    /** Of one that is in no group; only consumers tell. */
    private ConsumerGroupMetadata group(String stream) {
      Properties properties = settings.consumer();
      properties.put(ConsumerConfig.GROUP_ID_CONFIG, TopicNames.movedGroup(stream));
      try (KafkaConsumer<byte[], byte[]> teller = new KafkaConsumer<>(properties)) {
        return teller.groupMetadata();
      }
    }

    /** What others have begun is ended before, and what they have done is seen. */
    void begin() {
      producer.initTransactions();
      takenOut = new HashMap<>(takenOut(stream).toCompletableFuture().join());
    }

    void move(List<Move> batch) {
      List<Move> there = new ArrayList<>();
      Map<TopicPartition, PartitionProgress> changed = new HashMap<>();
      KafkaOffsets.Bounds bounds = bounds();
      for (Move one : batch) {
        PartitionProgress gone =
            changed.computeIfAbsent(
                one.partition(), partition -> gone(partition, bounds.begin(partition)));
        long offset = one.place().offset();
        if (offset >= bounds.end(one.partition()) || gone.isDone(offset)) {
          one.moved().complete(false);
        } else if (gone.isScattered()) {
          throw new StreamFull(
              "of %s so much was taken out here and there that no more can be noted: send the oldest back, or trim it"
                  .formatted(stream));
        } else {
          there.add(one);
          gone.done(offset);
        }
      }
      if (there.isEmpty()) {
        return;
      }
      commit(there, changed);
      takenOut.putAll(changed);
      there.forEach(one -> one.moved().complete(true));
    }

    private KafkaOffsets.Bounds bounds() {
      return topics
          .existing(stream)
          .thenCompose(
              many ->
                  many.isEmpty()
                      ? CompletableFuture.completedStage(
                          new KafkaOffsets.Bounds(Map.of(), Map.of()))
                      : offsets.bounds(Places.all(stream, many.get())))
          .toCompletableFuture()
          .join();
    }

    /** What was taken out of a partition; nothing is there below its beginning. */
    private PartitionProgress gone(TopicPartition partition, long begin) {
      PartitionProgress known = takenOut.get(partition);
      PartitionProgress own = known == null ? new PartitionProgress(begin) : known.copy();
      own.skipTo(begin);
      return own;
    }

    private void commit(List<Move> there, Map<TopicPartition, PartitionProgress> changed) {
      List<CompletableFuture<?>> sent = new ArrayList<>(there.size());
      there.stream().map(one -> TopicNames.of(one.to().stream())).distinct().forEach(this::await);
      producer.beginTransaction();
      for (Move one : there) {
        CompletableFuture<Void> placed = new CompletableFuture<>();
        var unused =
            producer.send(
                CloudEventRecord.write(
                    TopicNames.of(one.to().stream()), null, one.to().message(), Optional.empty()),
                (at, failure) -> end(placed, failure));
        sent.add(placed);
      }
      Map<TopicPartition, OffsetAndMetadata> notes = new HashMap<>();
      changed.forEach(
          (partition, progress) ->
              notes.put(partition, new OffsetAndMetadata(progress.next(), progress.metadata())));
      producer.sendOffsetsToTransaction(notes, group);
      try {
        producer.commitTransaction();
      } catch (TimeoutException unknown) {
        log.debug("stream={} it is not known whether it was committed", stream, unknown);
        // It may be asked for once more, by its own word.
        producer.commitTransaction();
      } catch (KafkaException refused) {
        if (isByOthers(refused)) {
          throw refused;
        }
        throw sent.stream()
            .filter(CompletableFuture::isCompletedExceptionally)
            .<RuntimeException>map(one -> KafkaFailures.of(one.exceptionNow()))
            .findFirst()
            .orElse(refused);
      }
    }

    private void await(String topic) {
      int unused = topics.partitions(topic).join();
    }
  }

  private static void end(CompletableFuture<Void> placed, @Nullable Exception failure) {
    if (failure == null) {
      placed.complete(null);
    } else {
      placed.completeExceptionally(failure);
    }
  }

  @Override
  public void close() {
    try {
      executor.execute(() -> List.copyOf(movers.keySet()).forEach(this::drop));
    } catch (RejectedExecutionException before) {
      log.trace("it was closed before", before);
    }
    executor.shutdown();
    try {
      boolean unused = executor.awaitTermination(FAREWELL.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException now) {
      Thread.currentThread().interrupt();
    }
  }
}
