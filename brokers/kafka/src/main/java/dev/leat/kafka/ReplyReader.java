package dev.leat.kafka;

import dev.leat.BadMessage;
import dev.leat.BrokerUnavailable;
import dev.leat.Message;
import dev.leat.broker.FaultLog;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the replies to all lanes of this process: they share a partition of the topic that all
 * replies go to, and each message names its lane. On a thread of its own, from the first lane on.
 */
final class ReplyReader implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(ReplyReader.class);
  private static final Duration TURN = Duration.ofMillis(500);
  private static final Duration PAUSE = Duration.ofMillis(500);

  private final KafkaSettings settings;
  private final KafkaTopics topics;
  private final FaultLog faults;
  private final Map<String, KafkaLane> lanes = new ConcurrentHashMap<>();
  private final CompletableFuture<Void> begun = new CompletableFuture<>();
  private final int partition;
  private final Thread thread;
  private volatile boolean closed;

  /** Of its thread: the offset that is read next. */
  private long next = -1;

  private volatile @Nullable KafkaConsumer<byte[], byte[]> reading;

  /**
   * Reads nothing yet.
   *
   * @param partitions of the topic of replies
   */
  ReplyReader(KafkaSettings settings, KafkaTopics topics, int partitions, InstantSource clock) {
    this.faults = new FaultLog(log, clock);
    this.settings = settings;
    this.topics = topics;
    // Which does not matter, as long as processes have different ones mostly.
    this.partition = ThreadLocalRandom.current().nextInt(partitions);
    this.thread = Thread.ofPlatform().name("leat-kafka-replies").daemon().unstarted(this::work);
  }

  /** Completes once replies are read: what is answered before would not be seen. */
  CompletableFuture<Void> begun() {
    return begun;
  }

  LaneAddress address(String lane) {
    return new LaneAddress(partition, lane);
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
    while (!closed) {
      try {
        topics.partitions(TopicNames.REPLIES).join();
        read();
      } catch (RuntimeException failure) {
        goOn(String.valueOf(KafkaFailures.of(failure).getMessage()));
      } catch (Error broken) {
        goOn(broken.toString());
      }
    }
  }

  private void goOn(String failure) {
    if (!closed) {
      faults.warn("replies are not read, asking again: {}", failure);
      LockSupport.parkNanos(PAUSE.toNanos());
    }
  }

  private void read() {
    TopicPartition own = new TopicPartition(TopicNames.REPLIES, partition);
    try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(settings.consumer())) {
      consumer.assign(List.of(own));
      if (next < 0) {
        consumer.seekToEnd(List.of(own));
        next = consumer.position(own);
      } else {
        // What came while it was not read is read now.
        consumer.seek(own, next);
      }
      reading = consumer;
      begun.complete(null);
      while (!closed) {
        take(consumer.poll(TURN));
        next = consumer.position(own);
      }
    } catch (WakeupException ending) {
      log.debug("replies are not read any more");
    } finally {
      reading = null;
    }
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
