package dev.leat.kafka;

import dev.leat.BadMessage;
import dev.leat.BrokerUnavailable;
import dev.leat.Position;
import dev.leat.broker.Broker;
import dev.leat.broker.Entry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Function;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * Reads what stands in streams, one question after the other, by one consumer: what stands in
 * several partitions is put in the order of time. Any thread.
 */
final class RangeReader implements AutoCloseable {
  private static final Duration TURN = Duration.ofMillis(200);
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final Duration OPEN_PATIENCE = Duration.ofSeconds(1);

  private final KafkaSettings settings;
  private final KafkaTopics topics;
  private final KafkaOffsets offsets;
  private final Moves moves;
  private final ExecutorService executor =
      Executors.newSingleThreadExecutor(
          Thread.ofPlatform().name("leat-kafka-range").daemon().factory());

  /** Of the executor's thread. */
  private @Nullable KafkaConsumer<byte[], byte[]> consumer;

  RangeReader(KafkaSettings settings, KafkaTopics topics, KafkaOffsets offsets, Moves moves) {
    this.settings = settings;
    this.topics = topics;
    this.offsets = offsets;
    this.moves = moves;
  }

  /** Entries of a stream that is perhaps not there. */
  CompletionStage<List<Entry>> read(String address, Position from, int limit) {
    if (from instanceof Position.Now) {
      return CompletableFuture.completedStage(List.of());
    }
    LaneAddress lane = LaneAddress.read(address).orElse(null);
    String topic = lane == null ? address : TopicNames.REPLIES;
    return topics
        .existing(topic)
        .thenCompose(
            partitions -> {
              if (partitions.isEmpty()
                  || (lane != null
                      && lane.partitions().stream().anyMatch(one -> one >= partitions.get()))) {
                return CompletableFuture.completedStage(List.<Entry>of());
              }
              List<TopicPartition> all =
                  lane == null
                      ? Places.all(topic, partitions.get())
                      : lane.partitions().stream()
                          .map(one -> new TopicPartition(topic, one))
                          .toList();
              return offsets
                  .bounds(all, from)
                  .thenCombineAsync(
                      moves.takenOut(topic),
                      (bounds, gone) ->
                          read(bounds, gone, lane == null ? null : lane.lane(), from, limit),
                      executor);
            })
        .exceptionallyCompose(failure -> CompletableFuture.failedStage(KafkaFailures.of(failure)));
  }

  /** What stands there, but for what is gone. */
  CompletionStage<List<Entry>> read(
      KafkaOffsets.Bounds bounds,
      Map<TopicPartition, PartitionProgress> gone,
      Position from,
      int limit) {
    return CompletableFuture.supplyAsync(() -> read(bounds, gone, null, from, limit), executor);
  }

  /**
   * Where records are in a part of a partition; what transactions leave is none.
   *
   * @param offsets in their order
   * @param end below which it was read
   */
  record Records(List<Long> offsets, long end) {}

  /** Where records are, of one partition. */
  CompletionStage<Records> records(TopicPartition partition, long begin, long end) {
    KafkaOffsets.Bounds bounds =
        new KafkaOffsets.Bounds(Map.of(partition, begin), Map.of(partition, end));
    return CompletableFuture.supplyAsync(
        () -> ask(bounds, Set.of(partition), consumer -> records(consumer, partition, end)),
        executor);
  }

  private static Records records(
      KafkaConsumer<byte[], byte[]> consumer, TopicPartition partition, long end) {
    List<Long> all = new ArrayList<>();
    Patience patience = new Patience(consumer, true);
    while (!patience.isAtEnd(partition, end)) {
      for (ConsumerRecord<byte[], byte[]> record : consumer.poll(TURN)) {
        if (record.offset() < end) {
          all.add(record.offset());
        }
      }
    }
    return new Records(all, Math.min(end, consumer.position(partition)));
  }

  /**
   * How long the end of a partition is waited for: a transaction that is being committed takes some
   * milliseconds, one whose member died some seconds until Kafka ends it.
   */
  private static final class Patience {
    private final KafkaConsumer<byte[], byte[]> consumer;
    private final boolean takesLess;
    private final long begin = System.nanoTime();

    /**
     * From now on.
     *
     * @param takesLess whether what is there now will do
     */
    Patience(KafkaConsumer<byte[], byte[]> consumer, boolean takesLess) {
      this.consumer = consumer;
      this.takesLess = takesLess;
    }

    boolean isAtEnd(TopicPartition partition, long end) {
      // What is not shown, as markers of transactions, is passed over too.
      long position = consumer.position(partition);
      if (position >= end) {
        return true;
      }
      long waited = System.nanoTime() - begin;
      if (waited > PATIENCE.toNanos()) {
        throw new BrokerUnavailable("Kafka does not give what stands in " + partition);
      }
      return takesLess
          && waited > OPEN_PATIENCE.toNanos()
          && position >= consumer.endOffsets(Set.of(partition)).getOrDefault(partition, end);
    }
  }

  private List<Entry> read(
      KafkaOffsets.Bounds bounds,
      Map<TopicPartition, PartitionProgress> gone,
      @Nullable String lane,
      Position from,
      int limit) {
    Set<TopicPartition> left = new HashSet<>();
    bounds
        .ends()
        .forEach(
            (one, end) -> {
              if (bounds.begin(one) < end) {
                left.add(one);
              }
            });
    return left.isEmpty()
        ? List.of()
        : ask(
            bounds,
            left,
            consumer -> new Question(consumer, lane, from, limit, bounds, gone, left).answer());
  }

  private <T> T ask(
      KafkaOffsets.Bounds bounds,
      Set<TopicPartition> partitions,
      Function<KafkaConsumer<byte[], byte[]>, T> question) {
    KafkaConsumer<byte[], byte[]> own = consumer;
    if (own == null) {
      Properties properties = settings.consumer();
      // What the question before had asked for ahead is not waited for.
      properties.put(ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG, "5");
      own = new KafkaConsumer<>(properties);
      consumer = own;
    }
    try {
      // Nothing is left of a question before.
      own.unsubscribe();
      own.assign(partitions);
      for (TopicPartition one : partitions) {
        own.seek(one, bounds.begin(one));
      }
      return question.apply(own);
    } catch (RuntimeException failure) {
      consumer = null;
      own.close();
      throw failure;
    }
  }

  /** One question; what is read of it. */
  private static final class Question {
    private final KafkaConsumer<byte[], byte[]> consumer;
    private final @Nullable String lane;
    private final Position from;
    private final int limit;
    private final KafkaOffsets.Bounds bounds;
    private final Map<TopicPartition, PartitionProgress> gone;
    private final Map<TopicPartition, Integer> many = new HashMap<>();
    private final Map<TopicPartition, Long> bytes = new HashMap<>();
    private final List<Entry> found = new ArrayList<>();
    private final Set<TopicPartition> left;

    /** Of partitions that were not read to their end, up to where all that there is was read. */
    private long safe = Long.MAX_VALUE;

    Question(
        KafkaConsumer<byte[], byte[]> consumer,
        @Nullable String lane,
        Position from,
        int limit,
        KafkaOffsets.Bounds bounds,
        Map<TopicPartition, PartitionProgress> gone,
        Set<TopicPartition> left) {
      this.consumer = consumer;
      this.lane = lane;
      this.from = from;
      this.limit = limit;
      this.bounds = bounds;
      this.gone = gone;
      this.left = left;
    }

    List<Entry> answer() {
      // What a time holds up is not passed over: whoever reads on begins behind it.
      Patience patience = new Patience(consumer, false);
      while (!left.isEmpty()) {
        consumer.poll(TURN).forEach(this::take);
        for (TopicPartition one : Set.copyOf(left)) {
          if (patience.isAtEnd(one, bounds.end(one))) {
            leave(one);
          }
        }
      }
      return portion();
    }

    private void leave(TopicPartition one) {
      left.remove(one);
      consumer.pause(List.of(one));
    }

    private void take(ConsumerRecord<byte[], byte[]> record) {
      TopicPartition partition = new TopicPartition(record.topic(), record.partition());
      boolean isOther =
          lane != null && !CloudEventRecord.lane(record).filter(lane::equals).isPresent();
      if (!left.contains(partition)
          || isOther
          || record.offset() >= bounds.end(partition)
          || isGone(partition, record.offset())
          || !Places.isIn(from, record)) {
        return;
      }
      try {
        found.add(Places.entry(record));
      } catch (BadMessage broken) {
        return;
      }
      long weight = bytes.merge(partition, (long) record.serializedValueSize(), Long::sum);
      if (many.merge(partition, 1, Integer::sum) >= limit || weight >= Broker.RANGE_BYTES) {
        safe = Math.min(safe, record.timestamp());
        leave(partition);
      }
    }

    private boolean isGone(TopicPartition partition, long offset) {
      PartitionProgress takenOut = gone.get(partition);
      return takenOut != null && takenOut.isDone(offset);
    }

    /** What is in order without a gap, as much as may be given. */
    private List<Entry> portion() {
      found.sort(Comparator.comparing(entry -> EntryPlace.parse(entry.id())));
      List<Entry> portion = new ArrayList<>();
      long weight = 0;
      for (Entry entry : found) {
        if (portion.size() == limit || weight >= Broker.RANGE_BYTES || entry.at() > safe) {
          break;
        }
        portion.add(entry);
        weight += entry.message().payload().size();
      }
      return portion;
    }
  }

  @Override
  public void close() {
    executor.execute(
        () -> {
          if (consumer != null) {
            consumer.close();
          }
        });
    executor.shutdown();
  }
}
