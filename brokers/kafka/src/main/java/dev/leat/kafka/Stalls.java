package dev.leat.kafka;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Which partitions of a topic take what is sent to them, and which do not for a while: the node
 * that leads them is gone, and nobody has noticed yet. Any thread.
 */
final class Stalls {
  private static final long LONG_NANOS = Duration.ofMillis(250).toNanos();

  private final Map<Integer, Partition> partitions = new ConcurrentHashMap<>();

  private static final class Partition {
    private final AtomicInteger onTheWay = new AtomicInteger();

    /** When it took something last, or nothing was on the way. */
    private volatile long aliveAt;
  }

  private Partition of(int partition) {
    return partitions.computeIfAbsent(partition, first -> new Partition());
  }

  void sent(int partition) {
    Partition one = of(partition);
    if (one.onTheWay.getAndIncrement() == 0) {
      one.aliveAt = System.nanoTime();
    }
  }

  /** It was taken, or given up. */
  void ended(int partition, boolean isTaken) {
    Partition one = of(partition);
    one.onTheWay.decrementAndGet();
    if (isTaken) {
      one.aliveAt = System.nanoTime();
    }
  }

  boolean isStalled(int partition) {
    Partition one = partitions.get(partition);
    return one != null && one.onTheWay.get() > 0 && System.nanoTime() - one.aliveAt > LONG_NANOS;
  }
}
