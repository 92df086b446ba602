package dev.leat.kafka;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.common.TopicPartition;

/**
 * How many places of a partition no record is at: transactions leave a mark each. Whoever counts
 * what stands there has to read it, which is done once. Any thread.
 */
final class TransactionMarkers {
  /** Of more than so many new ones all are taken for records. */
  private static final long MOST = 20_000;

  private final RangeReader ranges;
  private final Map<TopicPartition, Known> known = new ConcurrentHashMap<>();

  TransactionMarkers(RangeReader ranges) {
    this.ranges = ranges;
  }

  /**
   * What is known of a partition.
   *
   * @param end below which it was read
   * @param places that hold no record
   */
  private record Known(long end, TreeSet<Long> places) {}

  /** How many there are from one offset to before another. */
  CompletionStage<Long> between(TopicPartition partition, long begin, long end) {
    Known before = known.getOrDefault(partition, new Known(begin, new TreeSet<>()));
    // One that was made anew has nothing of what was read.
    Known last = before.end() > end ? new Known(begin, new TreeSet<>()) : before;
    long from = Math.max(begin, last.end());
    if (from >= end || end - from > MOST) {
      return CompletableFuture.completedStage((long) last.places().subSet(begin, end).size());
    }
    return ranges
        .records(partition, from, end)
        .thenApply(
            read -> {
              TreeSet<Long> places = new TreeSet<>(last.places().tailSet(begin));
              addGaps(places, read.offsets(), from, read.end());
              known.put(partition, new Known(read.end(), places));
              return (long) places.subSet(begin, end).size();
            });
  }

  private static void addGaps(Set<Long> places, List<Long> records, long from, long end) {
    long next = from;
    for (long record : records) {
      for (; next < record; next++) {
        places.add(next);
      }
      next = record + 1;
    }
    for (; next < end; next++) {
      places.add(next);
    }
  }
}
