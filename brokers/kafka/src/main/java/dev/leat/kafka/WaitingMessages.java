package dev.leat.kafka;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/** What a member has fetched that nobody is at work on. Guarded by its member. */
final class WaitingMessages {
  /** More are not fetched before they are asked for. */
  private static final int MOST_READY = 500;

  /** More do not wait for another of their key: what stands behind them is fetched later. */
  private static final int MOST = 10_000;

  private static final long MOST_BYTES = 32L << 20;

  private final Deque<HeldMessage> ready = new ArrayDeque<>();
  private final Set<HeldMessage> delayed = new HashSet<>();
  private final @Nullable KeyTurns turns;
  private int size;
  private long bytes;

  /** Of those that are to be handed over later. */
  private long delayedBytes;

  WaitingMessages(boolean isOrdered) {
    this.turns = isOrdered ? new KeyTurns() : null;
  }

  /** One was fetched. */
  void add(HeldMessage fetched) {
    count(fetched, 1);
    if (turns == null || turns.admits(fetched)) {
      ready.add(fetched);
    }
  }

  /** One is to be handed over again, before all others. */
  void again(HeldMessage released) {
    count(released, 1);
    ready.addFirst(released);
  }

  /** One is to be handed over again later. */
  void later(HeldMessage released) {
    delayed.add(released);
    delayedBytes += released.size();
  }

  /** Whether it was to be handed over later: now it is time. */
  boolean isTime(HeldMessage released) {
    boolean isThere = delayed.remove(released);
    if (isThere) {
      delayedBytes -= released.size();
      again(released);
    }
    return isThere;
  }

  /** One is completed; whether another may go on because of that. */
  boolean completed(HeldMessage one) {
    Optional<HeldMessage> next = turns == null ? Optional.empty() : turns.after(one);
    next.ifPresent(ready::add);
    return next.isPresent();
  }

  /** What is to be handed over next; null where there is nothing. */
  @Nullable HeldMessage poll() {
    HeldMessage next = ready.poll();
    if (next != null) {
      count(next, -1);
    }
    return next;
  }

  /** Whether enough is there. */
  boolean isFull() {
    return ready.size() >= MOST_READY || size >= MOST || bytes > MOST_BYTES;
  }

  /**
   * Partitions of which much is to be handed over later: more of them is not fetched until then.
   */
  Set<TopicPartition> full() {
    return delayed.size() < MOST && delayedBytes < MOST_BYTES
        ? Set.of()
        : delayed.stream().map(HeldMessage::partition).collect(Collectors.toSet());
  }

  /** Others have these partitions now. */
  void removeAll(Collection<TopicPartition> gone) {
    List<HeldMessage> going = new ArrayList<>(turns == null ? List.of() : turns.removeAll(gone));
    ready.stream().filter(one -> gone.contains(one.partition())).forEach(going::add);
    ready.removeIf(one -> gone.contains(one.partition()));
    going.forEach(one -> count(one, -1));
    for (HeldMessage one : List.copyOf(delayed)) {
      if (gone.contains(one.partition())) {
        delayed.remove(one);
        delayedBytes -= one.size();
        going.add(one);
      }
    }
    going.forEach(HeldMessage::goes);
  }

  private void count(HeldMessage one, int sign) {
    size += sign;
    bytes += (long) sign * one.size();
  }
}
