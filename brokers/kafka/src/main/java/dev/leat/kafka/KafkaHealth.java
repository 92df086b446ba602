package dev.leat.kafka;

import dev.leat.StreamRef;
import dev.leat.Topic;
import dev.leat.broker.GroupHealth;
import dev.leat.broker.StreamHealth;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.GroupListing;
import org.apache.kafka.clients.admin.ListConsumerGroupOffsetsSpec;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/** How streams and their groups are doing: as of what the groups have committed. Any thread. */
final class KafkaHealth {
  private final Admin admin;
  private final KafkaTopics topics;
  private final KafkaOffsets offsets;
  private final Moves moves;
  private final @Nullable TransactionMarkers markers;

  /**
   * Of a cluster.
   *
   * @param markers null where members complete without transactions
   */
  KafkaHealth(
      Admin admin,
      KafkaTopics topics,
      KafkaOffsets offsets,
      Moves moves,
      @Nullable TransactionMarkers markers) {
    this.markers = markers;
    this.admin = admin;
    this.topics = topics;
    this.offsets = offsets;
    this.moves = moves;
  }

  CompletionStage<StreamHealth> of(StreamRef stream) {
    String topic = TopicNames.of(stream);
    if (LaneAddress.read(topic).isPresent()) {
      return CompletableFuture.completedStage(unknown(stream));
    }
    return topics
        .existing(topic)
        .thenCompose(
            partitions ->
                partitions.isEmpty()
                    ? CompletableFuture.completedStage(
                        new StreamHealth(stream, OptionalLong.of(0), List.of(), OptionalLong.of(0)))
                    : offsets
                        .bounds(Places.all(topic, partitions.get()))
                        .thenCombine(moves.takenOut(topic), KafkaHealth::without)
                        .thenCompose(there -> withoutMarkers(topic, there))
                        .thenCombine(
                            groups(topic), (there, groups) -> health(stream, there, groups)));
  }

  private static StreamHealth unknown(StreamRef stream) {
    return new StreamHealth(stream, OptionalLong.empty(), List.of(), OptionalLong.empty());
  }

  /** What each group of a stream has committed, by its name. */
  CompletionStage<Map<String, Map<TopicPartition, OffsetAndMetadata>>> groups(String topic) {
    return KafkaFailures.stage(admin.listGroups().valid())
        .thenCompose(
            listed -> {
              Map<String, String> ids = new HashMap<>();
              for (GroupListing one : listed) {
                TopicNames.group(topic, one.groupId())
                    .ifPresent(group -> ids.put(group, one.groupId()));
              }
              return ids.isEmpty() ? CompletableFuture.completedStage(Map.of()) : committed(ids);
            });
  }

  private CompletionStage<Map<String, Map<TopicPartition, OffsetAndMetadata>>> committed(
      Map<String, String> ids) {
    Map<String, ListConsumerGroupOffsetsSpec> asked = new HashMap<>();
    ids.values().forEach(id -> asked.put(id, new ListConsumerGroupOffsetsSpec()));
    return KafkaFailures.stage(admin.listConsumerGroupOffsets(asked).all())
        .thenApply(
            found -> {
              Map<String, Map<TopicPartition, OffsetAndMetadata>> all = new HashMap<>();
              ids.forEach((group, id) -> all.put(group, found.getOrDefault(id, Map.of())));
              return all;
            });
  }

  private record There(KafkaOffsets.Bounds bounds, long length) {}

  /** What stands there but for what was taken out of it. */
  private static There without(
      KafkaOffsets.Bounds bounds, Map<TopicPartition, PartitionProgress> takenOut) {
    long length = bounds.length();
    for (Map.Entry<TopicPartition, PartitionProgress> one : takenOut.entrySet()) {
      long begin = bounds.begin(one.getKey());
      PartitionProgress gone = one.getValue();
      gone.skipTo(begin);
      length -= gone.next() - begin + gone.beyond();
    }
    return new There(bounds, Math.max(0, length));
  }

  /** Of what was given up people want to know the number. */
  private CompletionStage<There> withoutMarkers(String topic, There there) {
    KafkaOffsets.Bounds bounds = there.bounds();
    if (markers == null || !TopicNames.isMovable(topic)) {
      return CompletableFuture.completedStage(there);
    }
    CompletionStage<Long> all = CompletableFuture.completedStage(0L);
    for (TopicPartition one : bounds.ends().keySet()) {
      all = all.thenCombine(markers.between(one, bounds.begin(one), bounds.end(one)), Long::sum);
    }
    return all.thenApply(many -> new There(bounds, Math.max(0, there.length() - many)));
  }

  private static StreamHealth health(
      StreamRef stream, There there, Map<String, Map<TopicPartition, OffsetAndMetadata>> groups) {
    List<GroupHealth> all = new ArrayList<>();
    groups.forEach(
        (group, committed) -> group(group, there.bounds(), committed).ifPresent(all::add));
    return new StreamHealth(stream, OptionalLong.of(there.length()), all, OptionalLong.empty());
  }

  /** One that has committed nothing is of another make, or has not begun. */
  private static Optional<GroupHealth> group(
      String group, KafkaOffsets.Bounds bounds, Map<TopicPartition, OffsetAndMetadata> committed) {
    return OpenGroup.of(group, bounds, committed, Map.of(), Instant.EPOCH)
        .map(
            one ->
                new GroupHealth(
                    group,
                    OptionalInt.empty(),
                    OptionalLong.empty(),
                    OptionalLong.empty(),
                    OptionalLong.of(one.unfinished()),
                    one.answers()));
  }

  /** Topics that requests were ever sent to. */
  CompletionStage<Set<Topic>> topics() {
    return KafkaFailures.stage(admin.listTopics().names())
        .thenApply(
            names -> {
              Set<Topic> all = new HashSet<>();
              names.forEach(name -> TopicNames.incomingTopic(name).ifPresent(all::add));
              return all;
            });
  }

  /** Removes the oldest of a stream, but nothing that a group has not completed. */
  CompletionStage<Long> trim(StreamRef stream, long keep) {
    String topic = TopicNames.of(stream);
    return topics
        .existing(topic)
        .thenCompose(
            partitions ->
                partitions.isEmpty()
                    ? CompletableFuture.completedStage(0L)
                    : offsets
                        .bounds(Places.all(topic, partitions.get()))
                        .thenCompose(bounds -> kept(bounds, keep))
                        .thenCombine(groups(topic), KafkaHealth::deletions)
                        .thenCombine(moves.takenOut(topic), Deletion::without)
                        .thenCompose(this::withoutMarkers)
                        .thenCompose(this::delete)
                        .thenCompose(many -> keep == 0 ? gone(topic, many) : done(many)));
  }

  private static CompletionStage<Long> done(long many) {
    return CompletableFuture.completedStage(many);
  }

  private CompletionStage<Deletion> withoutMarkers(Deletion deletion) {
    CompletionStage<Deletion> all = CompletableFuture.completedStage(deletion);
    if (markers == null) {
      return all;
    }
    for (Map.Entry<TopicPartition, RecordsToDelete> one : deletion.below().entrySet()) {
      long begin = deletion.begins().getOrDefault(one.getKey(), 0L);
      all =
          all.thenCombine(
              markers.between(one.getKey(), begin, one.getValue().beforeOffset()),
              (rest, marks) ->
                  new Deletion(rest.below(), rest.begins(), Math.max(0, rest.many() - marks)));
    }
    return all;
  }

  /** Topics of replays would be more and more. */
  private CompletionStage<Long> gone(String topic, long many) {
    return TopicNames.isOfReplay(topic) ? topics.delete(topic).thenApply(done -> many) : done(many);
  }

  /**
   * What is to be deleted.
   *
   * @param below the end, by partitions
   * @param begins of these partitions
   * @param many entries
   */
  private record Deletion(
      Map<TopicPartition, RecordsToDelete> below, Map<TopicPartition, Long> begins, long many) {
    /** What was taken out before is not deleted now. */
    Deletion without(Map<TopicPartition, PartitionProgress> takenOut) {
      long left = many;
      for (Map.Entry<TopicPartition, RecordsToDelete> one : below.entrySet()) {
        PartitionProgress gone = takenOut.get(one.getKey());
        if (gone != null) {
          left -=
              gone.completed(begins.getOrDefault(one.getKey(), 0L), one.getValue().beforeOffset());
        }
      }
      return new Deletion(below, begins, left);
    }
  }

  /**
   * What is to stay.
   *
   * @param from where the newest begin that are kept, by partitions
   */
  private record Kept(KafkaOffsets.Bounds bounds, Map<TopicPartition, Long> from) {}

  private CompletionStage<Kept> kept(KafkaOffsets.Bounds bounds, long keep) {
    long each = Math.ceilDiv(keep, bounds.ends().size());
    Map<TopicPartition, Long> from = new ConcurrentHashMap<>();
    CompletionStage<?> all = CompletableFuture.completedStage(true);
    for (Map.Entry<TopicPartition, Long> end : bounds.ends().entrySet()) {
      TopicPartition one = end.getKey();
      if (markers == null) {
        from.put(one, end.getValue() - each);
      } else {
        CompletionStage<Long> cut = markers.newest(one, bounds.begin(one), end.getValue(), each);
        all = all.thenCombine(cut, (before, offset) -> from.put(one, offset) == null);
      }
    }
    return all.thenApply(done -> new Kept(bounds, from));
  }

  private static Deletion deletions(
      Kept kept, Map<String, Map<TopicPartition, OffsetAndMetadata>> groups) {
    KafkaOffsets.Bounds bounds = kept.bounds();
    Map<TopicPartition, RecordsToDelete> below = new HashMap<>();
    long many = 0;
    for (Map.Entry<TopicPartition, Long> end : kept.from().entrySet()) {
      TopicPartition one = end.getKey();
      long to = end.getValue();
      for (Map<TopicPartition, OffsetAndMetadata> committed : groups.values()) {
        OffsetAndMetadata known = committed.get(one);
        to = Math.min(to, known == null ? bounds.begin(one) : known.offset());
      }
      long gone = to - bounds.begin(one);
      if (gone > 0) {
        below.put(one, RecordsToDelete.beforeOffset(to));
        many += gone;
      }
    }
    return new Deletion(below, bounds.begins(), many);
  }

  private CompletionStage<Long> delete(Deletion deletion) {
    if (deletion.below().isEmpty()) {
      return CompletableFuture.completedStage(0L);
    }
    KafkaFuture<Void> deleted = admin.deleteRecords(deletion.below()).all();
    return KafkaFailures.stage(deleted).thenApply(done -> deletion.many());
  }
}
