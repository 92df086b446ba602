package dev.leat.kafka;

import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.errors.TimeoutException;
import org.jspecify.annotations.Nullable;

/** A topic that is sent to, what waits for it to be known, and its partitions. Any thread. */
final class AppendTarget {
  /** Messages that wait for a topic to be known. */
  private static final int MOST_WAITING = 20_000;

  /** Between two looks at how many partitions a topic has. */
  private static final int LOOK_EACH = 256;

  /** Messages that go to one partition together, so that its member is not given all there are. */
  private static final int MOST_TOGETHER = 32;

  /** What does not come within that has not come together. */
  private static final long STICKY_NANOS = 1_000_000;

  private final String name;
  private final KafkaTopics topics;
  private final Supplier<KafkaProducer<byte[], byte[]>> producer;
  private final Queue<Consumer<Throwable>> waiting = new ArrayDeque<>();
  private final Object sticking = new Object();
  private final Stalls stalls = new Stalls();

  // Guarded by sticking.
  private int turn;
  private @Nullable Integer sticky;
  private int left;
  private long chosenAt;

  private boolean asked;
  private volatile int partitions;

  /** Known, and nothing waits any more. */
  private volatile boolean open;

  /**
   * Not looked for yet.
   *
   * @param producer the one that sends now
   */
  AppendTarget(String name, KafkaTopics topics, Supplier<KafkaProducer<byte[], byte[]>> producer) {
    this.name = name;
    this.topics = topics;
    this.producer = producer;
  }

  String name() {
    return name;
  }

  Stalls stalls() {
    return stalls;
  }

  /** Does something once it is known, in the order in which it was given. */
  void whenKnown(Runnable send, Consumer<Throwable> refused) {
    if (open) {
      send.run();
      return;
    }
    synchronized (this) {
      if (!open && waiting.size() >= MOST_WAITING) {
        refused.accept(Appends.tooSlow());
        return;
      }
      if (!open) {
        waiting.add(
            failure -> {
              if (failure == null) {
                send.run();
              } else {
                refused.accept(failure);
              }
            });
        ask();
        return;
      }
    }
    send.run();
  }

  private void ask() {
    if (!asked) {
      asked = true;
      // The producer looks for itself, and waits for that.
      var unused =
          topics
              .partitions(name)
              .thenApplyAsync(
                  many -> {
                    awaitMetadata();
                    return many;
                  },
                  Appends.LOOKING)
              .whenComplete(this::known);
    }
  }

  /** It says at once what it knows, and asks meanwhile. */
  private void awaitMetadata() {
    long end = System.nanoTime() + Appends.METADATA.toNanos();
    while (true) {
      try {
        Object unused = producer.get().partitionsFor(name);
        return;
      } catch (TimeoutException notYet) {
        if (System.nanoTime() > end) {
          throw notYet;
        }
        LockSupport.parkNanos(Appends.LOOK.toNanos());
      }
    }
  }

  /** It is not there any more, it seems. */
  void lost() {
    synchronized (this) {
      open = false;
    }
    topics.forget(name);
  }

  /** Whether the producer knows such a partition; it may have been given more. */
  boolean has(int partition) {
    if (partition >= partitions) {
      look();
    }
    return partition < partitions;
  }

  private void look() {
    try {
      partitions = producer.get().partitionsFor(name).size();
    } catch (TimeoutException away) {
      // As it was.
    }
  }

  private void known(@Nullable Integer many, @Nullable Throwable failure) {
    synchronized (this) {
      asked = false;
      partitions = many == null ? 0 : many;
      for (Consumer<Throwable> one = waiting.poll(); one != null; one = waiting.poll()) {
        one.accept(failure);
      }
      open = failure == null;
    }
  }

  /**
   * Where a message goes that may go to any: to each in turn that takes what is sent. What comes
   * together stays together, for a server takes some for one partition as it takes one.
   */
  @Nullable Integer next() {
    long now = System.nanoTime();
    synchronized (sticking) {
      Integer same = sticky;
      if (same != null && --left > 0 && now - chosenAt < STICKY_NANOS) {
        return same;
      }
      sticky = choose();
      left = MOST_TOGETHER;
      chosenAt = now;
      return sticky;
    }
  }

  private @Nullable Integer choose() {
    int next = turn++;
    if ((next & (LOOK_EACH - 1)) == 0) {
      look();
    }
    int many = partitions;
    for (int i = 0; i < many; i++) {
      int partition = Math.floorMod(next + i, many);
      if (!stalls.isStalled(partition)) {
        return partition;
      }
    }
    return null;
  }

  /** Where a reply goes: the first of its lane where none is known to be there. */
  int partition(LaneAddress lane) {
    int found = -1;
    for (int one : lane.partitions()) {
      if (has(one)) {
        if (!stalls.isStalled(one)) {
          return one;
        }
        found = found < 0 ? one : found;
      }
    }
    return found < 0 ? lane.partitions().getFirst() : found;
  }
}
