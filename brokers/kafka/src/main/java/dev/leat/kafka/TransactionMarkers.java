package dev.leat.kafka;

import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.common.TopicPartition;

/**
 * Places of partitions no record is at: transactions leave a mark each. Whoever counts what stands
 * there has to read it, which is done once, some of it with each question. Any thread.
 */
final class TransactionMarkers {
  /** Places that are looked at for one question; of the rest all are taken for records. */
  private static final long PORTION = 20_000;

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
  private record Known(long end, TreeSet<Long> places) {
    NavigableSet<Long> between(long begin, long end) {
      return places.subSet(begin, true, end, false);
    }
  }

  /** How many there are from one offset to before another, as far as was looked at. */
  CompletionStage<Long> between(TopicPartition partition, long begin, long end) {
    return known(partition, begin, end).thenApply(seen -> (long) seen.between(begin, end).size());
  }

  /**
   * Where the newest records of a partition begin, so many of them; its beginning where that is not
   * known yet.
   */
  CompletionStage<Long> newest(TopicPartition partition, long begin, long end, long many) {
    return known(partition, begin, end)
        .thenApply(
            seen -> {
              if (many == 0) {
                return end;
              }
              if (seen.end() < end) {
                return begin;
              }
              long cut = end - many;
              long before = end;
              while (cut > begin && cut != before) {
                before = cut;
                cut = end - many - seen.between(Math.max(begin, cut), end).size();
              }
              return Math.max(begin, cut);
            });
  }

  private CompletionStage<Known> known(TopicPartition partition, long begin, long end) {
    Known before = known.getOrDefault(partition, new Known(begin, new TreeSet<>()));
    // One that was made anew has nothing of what was read.
    Known last = before.end() > end ? new Known(begin, new TreeSet<>()) : before;
    long from = Math.max(begin, last.end());
    long to = Math.min(end, from + PORTION);
    if (from >= to) {
      return CompletableFuture.completedStage(last);
    }
    return ranges
        .records(partition, from, to)
        .thenApply(
            read -> {
              TreeSet<Long> places = new TreeSet<>(last.places().tailSet(begin));
              addGaps(places, read.offsets(), from, read.end());
              Known now = new Known(read.end(), places);
              known.put(partition, now);
              return now;
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
