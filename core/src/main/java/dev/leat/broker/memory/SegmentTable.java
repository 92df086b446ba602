package dev.leat.broker.memory;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;

/** How much of what stands in each segment is there still. Any thread. */
final class SegmentTable {
  private static final class Left {
    private final AtomicLong number = new AtomicLong();
    private final AtomicLong bytes = new AtomicLong();
  }

  private final Map<Integer, Left> left = new ConcurrentSkipListMap<>();

  void came(Changes.Placed placed) {
    Left all = left.computeIfAbsent(placed.segment(), first -> new Left());
    all.number.incrementAndGet();
    all.bytes.addAndGet(placed.size());
  }

  void went(Changes.Placed placed) {
    Left all = left.get(placed.segment());
    if (all != null) {
      all.number.decrementAndGet();
      all.bytes.addAndGet(-placed.size());
    }
  }

  /** A segment that is there, whatever is in it. */
  void isThere(int segment) {
    left.computeIfAbsent(segment, first -> new Left());
  }

  void forget(int segment) {
    left.remove(segment);
  }

  /** The oldest of which something is left; the current one where there is none. */
  int oldestNeeded(int current) {
    for (Map.Entry<Integer, Left> one : left.entrySet()) {
      if (one.getValue().number.get() > 0) {
        return Math.min(current, one.getKey());
      }
    }
    return current;
  }

  /** Bytes that are left in the oldest. */
  long leftInOldest() {
    return left.values().stream().findFirst().map(oldest -> oldest.bytes.get()).orElse(0L);
  }

  /** All there are, the oldest first. */
  List<Integer> all() {
    return List.copyOf(left.keySet());
  }

  /** The oldest, as far as nothing of them is left. */
  List<Integer> unneeded(int current) {
    List<Integer> unneeded = new ArrayList<>();
    for (Map.Entry<Integer, Left> one : left.entrySet()) {
      if (one.getKey() >= current || one.getValue().number.get() > 0) {
        break;
      }
      unneeded.add(one.getKey());
    }
    return unneeded;
  }

  /**
   * The newest segment up to which so little is left that it is worth to be written again; 0 where
   * there is none.
   *
   * @param most bytes
   */
  int oldestThatGoes(int current, long most) {
    int newest = 0;
    long few = 0;
    for (Map.Entry<Integer, Left> one : left.entrySet()) {
      few += one.getValue().bytes.get();
      if (one.getKey() >= current || few > most) {
        break;
      }
      newest = one.getKey();
    }
    return newest;
  }
}
