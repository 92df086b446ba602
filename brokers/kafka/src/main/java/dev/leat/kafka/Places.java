package dev.leat.kafka;

import dev.leat.BadMessage;
import dev.leat.Position;
import dev.leat.broker.BrokenEntry;
import dev.leat.broker.Entry;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.common.TopicPartition;

/** Where reading begins in partitions. Blocks; for threads that have a consumer. */
final class Places {
  private Places() {}

  static List<TopicPartition> all(String topic, int partitions) {
    return IntStream.range(0, partitions).mapToObj(one -> new TopicPartition(topic, one)).toList();
  }

  /**
   * Whether reading can begin there.
   *
   * @throws BadMessage if it is behind an entry that cannot be one of Kafka's
   */
  static void refuseStrange(Position from) {
    if (from instanceof Position.After after) {
      Object unused = EntryPlace.parse(after.entryId());
    }
  }

  /** Goes to where reading begins, and knows that then. */
  static void seek(
      KafkaConsumer<byte[], byte[]> consumer,
      Collection<TopicPartition> partitions,
      Position from) {
    if (partitions.isEmpty()) {
      return;
    }
    switch (from) {
      case Position.Start start -> consumer.seekToBeginning(partitions);
      case Position.Now now -> consumer.seekToEnd(partitions);
      case Position.At at -> seekTo(consumer, partitions, Math.max(0, at.time().toEpochMilli()));
      case Position.After after -> {
        EntryPlace place = EntryPlace.parse(after.entryId());
        seekTo(consumer, partitions, place.millis());
        partitions.stream()
            .filter(one -> one.partition() == place.partition())
            .forEach(one -> consumer.seek(one, place.offset() + 1));
      }
    }
    for (TopicPartition one : partitions) {
      long unused = consumer.position(one);
    }
  }

  private static void seekTo(
      KafkaConsumer<byte[], byte[]> consumer, Collection<TopicPartition> partitions, long millis) {
    Map<TopicPartition, Long> times = new HashMap<>();
    partitions.forEach(one -> times.put(one, millis));
    Map<TopicPartition, OffsetAndTimestamp> found = consumer.offsetsForTimes(times);
    Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
    for (TopicPartition one : partitions) {
      OffsetAndTimestamp there = found.get(one);
      consumer.seek(one, there == null ? ends.getOrDefault(one, 0L) : there.offset());
    }
  }

  /** Whether it comes behind where reading begins: partitions are found by their time alone. */
  static boolean isIn(Position from, ConsumerRecord<byte[], byte[]> record) {
    return !(from instanceof Position.After after)
        || EntryPlace.parse(after.entryId()).compareTo(place(record)) < 0;
  }

  static EntryPlace place(ConsumerRecord<byte[], byte[]> record) {
    return new EntryPlace(record.timestamp(), record.partition(), record.offset());
  }

  /**
   * What a record is.
   *
   * @throws BadMessage if it breaks the protocol
   */
  static Entry entry(ConsumerRecord<byte[], byte[]> record) {
    return new Entry(place(record).toString(), CloudEventRecord.read(record), record.timestamp());
  }

  static BrokenEntry broken(ConsumerRecord<byte[], byte[]> record, BadMessage broken) {
    return new BrokenEntry(
        place(record).toString(),
        CloudEventRecord.id(record),
        CloudEventRecord.source(record),
        String.valueOf(broken.getMessage()));
  }
}
