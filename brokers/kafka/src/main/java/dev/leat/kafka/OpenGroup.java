package dev.leat.kafka;

import dev.leat.Headers;
import dev.leat.broker.Entry;
import dev.leat.broker.OpenMessage;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;

/**
 * A group as of what it has committed: what it has not completed, and how that stands. One thread.
 *
 * @param name of the group
 * @param bounds of the topic's partitions
 * @param progress of each of them
 * @param members by name, and the partitions that each has
 * @param now by the broker's clock
 */
record OpenGroup(
    String name,
    KafkaOffsets.Bounds bounds,
    Map<TopicPartition, PartitionProgress> progress,
    Map<String, Set<TopicPartition>> members,
    Instant now) {

  /** As it has committed it; nothing where it has committed nothing. */
  static Optional<OpenGroup> of(
      String name,
      KafkaOffsets.Bounds bounds,
      Map<TopicPartition, OffsetAndMetadata> committed,
      Map<String, Set<TopicPartition>> members,
      Instant now) {
    if (committed.values().stream().noneMatch(one -> one != null)) {
      return Optional.empty();
    }
    Map<TopicPartition, PartitionProgress> progress = new HashMap<>();
    for (TopicPartition one : bounds.ends().keySet()) {
      OffsetAndMetadata known = committed.get(one);
      PartitionProgress own =
          known == null
              ? new PartitionProgress(bounds.begin(one))
              : PartitionProgress.read(known.offset(), known.metadata());
      own.skipTo(bounds.begin(one));
      progress.put(one, own);
    }
    return Optional.of(new OpenGroup(name, bounds, progress, members, now));
  }

  boolean isOrdered() {
    return progress.values().stream().anyMatch(PartitionProgress::isOrdered);
  }

  boolean answers() {
    return progress.values().stream().noneMatch(PartitionProgress::listens);
  }

  long unfinished() {
    return progress.entrySet().stream()
        .mapToLong(
            one ->
                Math.max(
                    0, bounds.end(one.getKey()) - one.getValue().next() - one.getValue().beyond()))
        .sum();
  }

  /** What members are at that are there, or are not. */
  long held(boolean isThere) {
    return progress.keySet().stream()
        .filter(one -> owner(one).isPresent() == isThere)
        .mapToLong(this::held)
        .sum();
  }

  long held(TopicPartition one) {
    PartitionProgress own = progress.get(one);
    return own == null ? 0 : own.held(bounds.end(one));
  }

  long delayed() {
    return progress.entrySet().stream()
        .mapToLong(one -> one.getValue().delayed(bounds.end(one.getKey()), now.toEpochMilli()))
        .sum();
  }

  private Optional<String> owner(TopicPartition one) {
    return members.entrySet().stream()
        .filter(member -> member.getValue().contains(one))
        .map(Map.Entry::getKey)
        .findFirst();
  }

  /** Where the lowest stand that are not completed, or that nobody was ever at. */
  KafkaOffsets.Bounds open(boolean isUntouched) {
    Map<TopicPartition, Long> begins = new HashMap<>();
    progress.forEach((one, own) -> begins.put(one, isUntouched ? own.untouched() : own.next()));
    return new KafkaOffsets.Bounds(begins, bounds.ends());
  }

  /**
   * How messages stand, in the order of the stream, from the first that is open on where the group
   * keeps order.
   */
  Standing standing() {
    return new Standing(this);
  }

  /** How messages stand; knows those before. */
  static final class Standing {
    private final OpenGroup group;
    private final boolean isOrdered;
    private final Set<List<Object>> keys = new HashSet<>();

    private Standing(OpenGroup group) {
      this.group = group;
      this.isOrdered = group.isOrdered();
    }

    OpenMessage of(String topic, Entry entry) {
      EntryPlace place = EntryPlace.parse(entry.id());
      TopicPartition partition = new TopicPartition(topic, place.partition());
      PartitionProgress own =
          group.progress().getOrDefault(partition, new PartitionProgress(place.offset()));
      boolean isBehind = isOrdered && isBehindItsKey(entry, place);
      long due = own.due(place.offset()).orElse(0);
      Optional<String> owner = group.owner(partition);
      OpenMessage.State state;
      if (own.isHeld(place.offset())) {
        state = owner.isPresent() ? OpenMessage.State.RUNNING : OpenMessage.State.ABANDONED;
      } else if (due > group.now().toEpochMilli()) {
        state = OpenMessage.State.DELAYED;
      } else {
        state = isBehind ? OpenMessage.State.HELD_BACK : OpenMessage.State.WAITING;
      }
      return new OpenMessage(
          entry.id(),
          Instant.ofEpochMilli(entry.at()),
          entry.message().withoutPayload(),
          state,
          own.attempts(place.offset()),
          state == OpenMessage.State.RUNNING ? owner : Optional.empty(),
          state == OpenMessage.State.DELAYED
              ? Optional.of(Instant.ofEpochMilli(due))
              : Optional.empty());
    }

    private boolean isBehindItsKey(Entry entry, EntryPlace place) {
      return entry
          .message()
          .headers()
          .get(Headers.KEY)
          .filter(key -> !keys.add(List.of(place.partition(), key)))
          .isPresent();
    }
  }
}
