package dev.leat.kafka;

import dev.leat.BadMessage;
import dev.leat.BrokerUnavailable;
import dev.leat.Position;
import dev.leat.broker.Entry;
import dev.leat.broker.EntryListener;
import dev.leat.broker.FaultLog;
import dev.leat.broker.HandOverGate;
import dev.leat.broker.Subscription;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads a stream along, on a thread of its own: all of its partitions, each in its order. */
final class KafkaTail implements Subscription {
  private static final Logger log = LoggerFactory.getLogger(KafkaTail.class);
  private static final Duration TURN = Duration.ofMillis(500);

  private final KafkaSettings settings;
  private final KafkaTopics topics;
  private final Moves moves;
  private final String topic;
  private final EntryListener listener;
  private final FaultLog faults;
  private final HandOverGate gate = new HandOverGate();
  private final CompletableFuture<Void> ready = new CompletableFuture<>();

  /** Of this thread alone. */
  private final Deque<ConsumerRecord<byte[], byte[]>> waiting = new ArrayDeque<>();

  private final Position from;

  /** What was handed over, so that it is known where to go on. */
  private final Map<TopicPartition, Long> next = new HashMap<>();

  /** What was taken out before it began. */
  private Map<TopicPartition, PartitionProgress> gone = Map.of();

  private boolean isPaused;

  // Guarded by this.
  private long demand;
  private @Nullable KafkaConsumer<byte[], byte[]> consumer;

  KafkaTail(
      KafkaSettings settings,
      KafkaTopics topics,
      Moves moves,
      String topic,
      Position from,
      EntryListener listener,
      InstantSource clock) {
    this.faults = new FaultLog(log, clock);
    this.settings = settings;
    this.topics = topics;
    this.moves = moves;
    this.topic = topic;
    this.from = from;
    this.listener = listener;
    Thread unused = Thread.ofPlatform().name("leat-kafka-tail-" + topic).daemon().start(this::work);
  }

  @Override
  public void request(int more) {
    Subscription.refuseNone(more);
    synchronized (this) {
      demand = Math.min(Integer.MAX_VALUE, demand + more);
      if (consumer != null) {
        consumer.wakeup();
      }
    }
  }

  private void work() {
    ReadingLoop.run(
        "stream=%s is".formatted(topic),
        faults,
        gate::isClosed,
        () -> {
          int partitions = topics.partitions(topic).join();
          gone = moves.takenOut(topic).toCompletableFuture().join();
          read(partitions);
        },
        failure -> {});
  }

  private void read(int partitions) {
    waiting.clear();
    isPaused = false;
    try (KafkaConsumer<byte[], byte[]> opened = new KafkaConsumer<>(settings.consumer())) {
      List<TopicPartition> all = Places.all(topic, partitions);
      opened.assign(all);
      List<TopicPartition> unknown = all.stream().filter(one -> !next.containsKey(one)).toList();
      // A topic that was given more partitions has begun there since.
      Places.seek(opened, unknown, next.isEmpty() ? from : Position.START);
      next.forEach(opened::seek);
      unknown.forEach(one -> next.put(one, opened.position(one)));
      synchronized (this) {
        consumer = opened;
      }
      ready.complete(null);
      Set<TopicPartition> same = Set.copyOf(all);
      while (!gate.isClosed() && topics.lastKnown(topic, partitions) == partitions) {
        turn(opened, same);
      }
    } finally {
      synchronized (this) {
        consumer = null;
      }
    }
  }

  private void turn(KafkaConsumer<byte[], byte[]> opened, Set<TopicPartition> all) {
    handOver();
    if (waiting.isEmpty() == isPaused) {
      if (isPaused) {
        opened.resume(all);
      } else {
        opened.pause(all);
      }
      isPaused = !isPaused;
    }
    try {
      opened.poll(TURN).forEach(this::take);
    } catch (WakeupException asked) {
      log.trace("stream={} is asked for more, or ended", topic);
    }
  }

  private void take(ConsumerRecord<byte[], byte[]> record) {
    PartitionProgress takenOut = gone.get(new TopicPartition(topic, record.partition()));
    boolean isThere = takenOut == null || !takenOut.isDone(record.offset());
    if (isThere && Places.isIn(from, record)) {
      waiting.add(record);
    }
  }

  private void handOver() {
    while (!waiting.isEmpty()) {
      List<Entry> batch = new ArrayList<>();
      long most;
      synchronized (this) {
        most = demand;
      }
      while (batch.size() < most && !waiting.isEmpty()) {
        ConsumerRecord<byte[], byte[]> record = waiting.poll();
        next.put(new TopicPartition(topic, record.partition()), record.offset() + 1);
        try {
          batch.add(Places.entry(record));
        } catch (BadMessage broken) {
          boolean unused = gate.whileOpen(() -> listener.onBroken(Places.broken(record, broken)));
        }
      }
      if (batch.isEmpty()) {
        return;
      }
      synchronized (this) {
        demand -= demand == Integer.MAX_VALUE ? 0 : batch.size();
      }
      boolean unused = Listeners.call(() -> gate.whileOpen(() -> listener.onEntries(batch)));
    }
  }

  @Override
  public CompletionStage<?> ready() {
    return ready;
  }

  @Override
  public CompletionStage<?> end() {
    close();
    return CompletableFuture.completedStage(true);
  }

  @Override
  public void close() {
    gate.close();
    synchronized (this) {
      if (consumer != null) {
        consumer.wakeup();
      }
    }
    ready.completeExceptionally(new BrokerUnavailable("reading has ended"));
  }
}
