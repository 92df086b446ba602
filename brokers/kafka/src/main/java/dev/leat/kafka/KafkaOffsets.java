package dev.leat.kafka;

import dev.leat.Position;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.TopicPartition;

/** Where partitions begin and end, and where a time is in them. Any thread. */
final class KafkaOffsets {
  private final Admin admin;

  KafkaOffsets(Admin admin) {
    this.admin = admin;
  }

  /** Begins and ends of partitions. */
  record Bounds(Map<TopicPartition, Long> begins, Map<TopicPartition, Long> ends) {
    long begin(TopicPartition one) {
      return begins.getOrDefault(one, 0L);
    }

    long end(TopicPartition one) {
      return ends.getOrDefault(one, 0L);
    }

    long length() {
      return ends.entrySet().stream().mapToLong(one -> one.getValue() - begin(one.getKey())).sum();
    }
  }

  CompletionStage<Bounds> bounds(List<TopicPartition> partitions) {
    return offsets(partitions, OffsetSpec.earliest())
        .thenCombine(offsets(partitions, OffsetSpec.latest()), Bounds::new);
  }

  /** The same, but it begins where reading does. */
  CompletionStage<Bounds> bounds(List<TopicPartition> partitions, Position from) {
    return bounds(partitions)
        .thenCompose(
            all ->
                switch (from) {
                  case Position.Start start -> CompletableFuture.completedStage(all);
                  case Position.Now now ->
                      CompletableFuture.completedStage(new Bounds(all.ends(), all.ends()));
                  case Position.At at ->
                      since(partitions, Math.max(0, at.time().toEpochMilli()), all);
                  case Position.After after ->
                      behind(partitions, EntryPlace.parse(after.entryId()), all);
                });
  }

  private CompletionStage<Bounds> since(List<TopicPartition> partitions, long millis, Bounds all) {
    return offsets(partitions, OffsetSpec.forTimestamp(millis))
        .thenApply(
            found -> {
              Map<TopicPartition, Long> begins = new HashMap<>();
              for (TopicPartition one : partitions) {
                long offset = found.getOrDefault(one, -1L);
                begins.put(one, offset < 0 ? all.end(one) : offset);
              }
              return new Bounds(begins, all.ends());
            });
  }

  private CompletionStage<Bounds> behind(
      List<TopicPartition> partitions, EntryPlace place, Bounds all) {
    return since(partitions, place.millis(), all)
        .thenApply(
            found -> {
              Map<TopicPartition, Long> begins = new HashMap<>(found.begins());
              begins.replaceAll(
                  (one, offset) ->
                      one.partition() == place.partition()
                          ? Math.max(offset, place.offset() + 1)
                          : offset);
              return new Bounds(begins, all.ends());
            });
  }

  private CompletionStage<Map<TopicPartition, Long>> offsets(
      List<TopicPartition> partitions, OffsetSpec which) {
    Map<TopicPartition, OffsetSpec> asked = new HashMap<>();
    partitions.forEach(one -> asked.put(one, which));
    return KafkaFailures.stage(admin.listOffsets(asked).all())
        .thenApply(
            found -> {
              Map<TopicPartition, Long> all = new HashMap<>();
              for (Map.Entry<TopicPartition, ListOffsetsResultInfo> one : found.entrySet()) {
                all.put(one.getKey(), one.getValue().offset());
              }
              return all;
            });
  }
}
