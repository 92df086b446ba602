package dev.leat.kafka;

import dev.leat.broker.Membership;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;

/** What a member has done of each of its partitions, and what of that is to be committed. */
final class MemberProgress {
  /** Between two commits. */
  private static final long COMMIT_NANOS = Duration.ofMillis(100).toNanos();

  // Guarded by this.
  private final Map<TopicPartition, PartitionProgress> progress = new HashMap<>();
  private final Set<TopicPartition> uncommitted = new HashSet<>();
  private long committedAt;

  synchronized void add(
      Map<TopicPartition, PartitionProgress> more, Set<TopicPartition> fresh, Membership of) {
    more.forEach(
        (partition, own) -> {
          // So that it is known that the group is there, from where on, and what it keeps to.
          boolean isNew = own.keepsTo(of);
          if (own.isLeft() || isNew || fresh.contains(partition)) {
            uncommitted.add(partition);
          }
        });
    progress.putAll(more);
  }

  synchronized void remove(Collection<TopicPartition> gone) {
    gone.forEach(progress::remove);
    uncommitted.removeAll(gone);
  }

  synchronized Set<TopicPartition> partitions() {
    return Set.copyOf(progress.keySet());
  }

  /** Partitions of which so much is completed here and there that little more can be written. */
  synchronized Set<TopicPartition> scattered() {
    Set<TopicPartition> scattered = new HashSet<>();
    progress.forEach(
        (partition, own) -> {
          if (own.isScattered()) {
            scattered.add(partition);
          }
        });
    return scattered;
  }

  /** One was fetched; in the order of its partition. */
  synchronized void fetched(TopicPartition partition, long offset) {
    PartitionProgress own = progress.get(partition);
    if (own != null) {
      own.fetched(offset);
    }
  }

  /** All of a partition was fetched that stands before an offset. */
  synchronized void passed(TopicPartition partition, long offset) {
    PartitionProgress own = progress.get(partition);
    if (own != null && own.passed(offset)) {
      uncommitted.add(partition);
    }
  }

  /** Whether one is to be done here. */
  synchronized boolean isOpen(TopicPartition partition, long offset) {
    PartitionProgress own = progress.get(partition);
    return own != null && !own.isDone(offset);
  }

  /** How often others were at it before. */
  synchronized int attempts(TopicPartition partition, long offset) {
    PartitionProgress own = progress.get(partition);
    return own == null ? 0 : own.attempts(offset);
  }

  /** So that it is known where others go on with it. */
  synchronized void handed(HeldMessage one) {
    change(one.partition(), own -> own.handed(one.place().offset(), one.attempts()));
  }

  /** So that it is known how it stands: nobody is at it until then, epoch milliseconds. */
  synchronized void waits(HeldMessage back, long due) {
    change(back.partition(), own -> own.waits(back.place().offset(), back.attempts(), due));
  }

  synchronized void done(TopicPartition partition, long offset) {
    change(partition, own -> own.done(offset));
  }

  /** Changes what is to be committed of a partition, if that is this member's still. */
  private void change(TopicPartition partition, Consumer<PartitionProgress> how) {
    PartitionProgress own = progress.get(partition);
    if (own != null) {
      how.accept(own);
      uncommitted.add(partition);
    }
  }

  /** What is to be committed now; all that there is where it is the last time. */
  Map<TopicPartition, OffsetAndMetadata> changed(boolean isLast) {
    return changedWith(new ArrayList<>(), isLast);
  }

  /**
   * The same as it is once some more are completed, which are not yet.
   *
   * @param more those that are to be completed; what is left in it can be written down, and is of a
   *     partition that is this member's
   */
  synchronized Map<TopicPartition, OffsetAndMetadata> changedWith(
      List<HeldMessage> more, boolean isLast) {
    long now = System.nanoTime();
    boolean isTime = isLast || !more.isEmpty() || now - committedAt >= COMMIT_NANOS;
    if (!isTime || (uncommitted.isEmpty() && more.isEmpty())) {
      return Map.of();
    }
    committedAt = now;
    Map<TopicPartition, PartitionProgress> changed = new HashMap<>();
    for (TopicPartition one : uncommitted) {
      PartitionProgress own = progress.get(one);
      if (own != null) {
        changed.put(one, own);
      }
    }
    Map<TopicPartition, PartitionProgress> ending = new HashMap<>();
    more.removeIf(one -> !isCompleted(one, ending));
    changed.putAll(ending);
    uncommitted.clear();
    Map<TopicPartition, OffsetAndMetadata> all = new HashMap<>();
    changed.forEach(
        (partition, own) -> all.put(partition, new OffsetAndMetadata(own.next(), own.metadata())));
    return all;
  }

  /** Whether one more could be completed, and is so from now on. */
  private boolean isCompleted(HeldMessage one, Map<TopicPartition, PartitionProgress> ending) {
    PartitionProgress known = ending.getOrDefault(one.partition(), progress.get(one.partition()));
    if (known == null) {
      return false;
    }
    // One that has no room for it stays as it is.
    boolean isOwn = ending.containsKey(one.partition()) && known.hasRoom();
    PartitionProgress next = isOwn ? known : known.copy();
    next.done(one.place().offset());
    if (!next.isWhole()) {
      return false;
    }
    ending.put(one.partition(), next);
    return true;
  }

  /** Whether a partition is this member's. */
  synchronized boolean has(TopicPartition partition) {
    return progress.containsKey(partition);
  }

  /** It was not committed. */
  synchronized void again(Collection<TopicPartition> some) {
    some.stream().filter(progress::containsKey).forEach(uncommitted::add);
  }
}
