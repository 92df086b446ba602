package dev.leat.kafka;

import dev.leat.BadMessage;
import dev.leat.BrokerUnavailable;
import dev.leat.Message;
import dev.leat.broker.FaultLog;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the replies to all lanes of this process: they share two partitions of the topic that all
 * replies go to, which two nodes lead, where there are more; each message names its lane. On a
 * thread of its own, from the first lane on.
 */
final class ReplyReader implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(ReplyReader.class);
  private static final Duration TURN = Duration.ofMillis(500);

  private final KafkaSettings settings;
  private final KafkaTopics topics;
  private final FaultLog faults;
  private final Map<String, KafkaLane> lanes = new ConcurrentHashMap<>();
  private final CompletableFuture<Void> begun = new CompletableFuture<>();
  private final List<Integer> partitions;
  private final Thread thread;
  private volatile boolean closed;

  /** Of its thread: what is read next. */
  private final Map<TopicPartition, Long> next = new HashMap<>();

  private volatile @Nullable KafkaConsumer<byte[], byte[]> reading;

  /**
   * Reads nothing yet.
   *
   * @param leaders of the partitions of the topic of replies
   */
  ReplyReader(
      KafkaSettings settings, KafkaTopics topics, List<Integer> leaders, InstantSource clock) {
    this.faults = new FaultLog(log, clock);
    this.settings = settings;
    this.topics = topics;
    this.partitions = chosen(leaders);
    this.thread = Thread.ofPlatform().name("leat-kafka-replies").daemon().unstarted(this::work);
  }

  /** Any, as long as processes have different ones mostly, and one is there if a node is gone. */
  private static List<Integer> chosen(List<Integer> leaders) {
    List<Integer> all = new ArrayList<>(IntStream.range(0, leaders.size()).boxed().toList());
    Collections.shuffle(all, ThreadLocalRandom.current());
    int first = all.getFirst();
    return all.stream()
        .filter(one -> !leaders.get(one).equals(leaders.get(first)))
        .findFirst()
        .map(second -> List.of(first, second))
        .orElse(List.of(first));
  }

  /** Completes once replies are read: what is answered before would not be seen. */
  CompletableFuture<Void> begun() {
    return begun;
  }

  LaneAddress address(String lane) {
    return new LaneAddress(partitions, lane);
  }

  synchronized void add(String name, KafkaLane lane) {
    lanes.put(name, lane);
    if (thread.getState() == Thread.State.NEW && !closed) {
      thread.start();
    }
  }

  void remove(String name, KafkaLane lane) {
    lanes.remove(name, lane);
  }

  private void work() {
    ReadingLoop.run(
        "replies are",
        faults,
        () -> closed,
        () -> {
          int unused = topics.partitions(TopicNames.REPLIES).join();
          read();
        },
        failure -> {});
  }

  private void read() {
    List<TopicPartition> own =
        partitions.stream().map(one -> new TopicPartition(TopicNames.REPLIES, one)).toList();
    try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(settings.consumer())) {
      consumer.assign(own);
      if (next.isEmpty()) {
        consumer.seekToEnd(own);
        note(consumer, own);
      } else {
        // What came while it was not read is read now.
        next.forEach(consumer::seek);
      }
      reading = consumer;
      begun.complete(null);
      while (!closed) {
        take(consumer.poll(TURN));
        note(consumer, own);
      }
    } catch (WakeupException ending) {
      log.debug("replies are not read any more");
    } finally {
      reading = null;
    }
  }

  private void note(KafkaConsumer<byte[], byte[]> consumer, List<TopicPartition> own) {
    Map<TopicPartition, Long> all = new HashMap<>();
    own.forEach(one -> all.put(one, consumer.position(one)));
    next.putAll(all);
  }

  private void take(Iterable<ConsumerRecord<byte[], byte[]>> records) {
    Map<KafkaLane, List<Message>> byLane = new LinkedHashMap<>();
    for (ConsumerRecord<byte[], byte[]> record : records) {
      KafkaLane lane = lanes.get(CloudEventRecord.lane(record).orElse(""));
      if (lane != null) {
        try {
          byLane.computeIfAbsent(lane, one -> new ArrayList<>()).add(CloudEventRecord.read(record));
        } catch (BadMessage broken) {
          lane.broken(Places.broken(record, broken));
        }
      }
    }
    byLane.forEach(KafkaLane::arrived);
  }

  @Override
  public void close() {
    synchronized (this) {
      closed = true;
    }
    KafkaConsumer<byte[], byte[]> open = reading;
    if (open != null) {
      open.wakeup();
    }
    begun.completeExceptionally(new BrokerUnavailable("the broker is closed"));
  }
}
