package dev.leat.broker.memory;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;

/** How much of what stands in each segment is there still. Any thread. */
final class SegmentTable {
  private final Map<Integer, AtomicLong> left = new ConcurrentSkipListMap<>();

  void came(int segment) {
    left.computeIfAbsent(segment, first -> new AtomicLong()).incrementAndGet();
  }

  void went(int segment) {
    AtomicLong some = left.get(segment);
    if (some != null) {
      some.decrementAndGet();
    }
  }

  /** A segment that is there, whatever is in it. */
  void isThere(int segment) {
    left.computeIfAbsent(segment, first -> new AtomicLong());
  }

  void forget(int segment) {
    left.remove(segment);
  }

  /** The oldest, as far as nothing of them is left. */
  List<Integer> unneeded(int current) {
    List<Integer> unneeded = new ArrayList<>();
    for (Map.Entry<Integer, AtomicLong> one : left.entrySet()) {
      if (one.getKey() >= current || one.getValue().get() > 0) {
        break;
      }
      unneeded.add(one.getKey());
    }
    return unneeded;
  }

  /**
   * The newest segment up to which so few are left that they are worth to be written again; 0 where
   * there is none.
   *
   * @param most how many
   */
  int oldestThatGoes(int current, long most) {
    int newest = 0;
    long few = 0;
    for (Map.Entry<Integer, AtomicLong> one : left.entrySet()) {
      few += one.getValue().get();
      if (one.getKey() >= current || few > most) {
        break;
      }
      newest = one.getKey();
    }
    return newest;
  }
}
