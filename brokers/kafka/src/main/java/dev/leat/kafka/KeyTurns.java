package dev.leat.kafka;

import dev.leat.Headers;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.common.TopicPartition;

/**
 * Order by key: of each key one message at a time goes on, and those after it wait for their turn.
 * All of a key stand in one partition, in their order, and that is one member's. Guarded by its
 * member.
 */
final class KeyTurns {
  private record Key(TopicPartition partition, String key) {}

  /** Keys of which one goes on, with those that wait for it. */
  private final Map<Key, Deque<HeldMessage>> busy = new HashMap<>();

  private static Optional<Key> key(HeldMessage message) {
    return message
        .message()
        .headers()
        .get(Headers.KEY)
        .map(key -> new Key(message.partition(), key));
  }

  /** Whether it is its turn; where it is not, it waits. */
  boolean admits(HeldMessage message) {
    Optional<Key> key = key(message);
    if (key.isEmpty()) {
      return true;
    }
    Deque<HeldMessage> before = busy.get(key.get());
    if (before == null) {
      busy.put(key.get(), new ArrayDeque<>(0));
      return true;
    }
    before.add(message);
    return false;
  }

  /** Whose turn it is once one is completed. */
  Optional<HeldMessage> after(HeldMessage completed) {
    return key(completed)
        .flatMap(
            key -> {
              Deque<HeldMessage> waiting = busy.get(key);
              HeldMessage next = waiting == null ? null : waiting.poll();
              if (next == null) {
                busy.remove(key);
              }
              return Optional.ofNullable(next);
            });
  }

  /** Others have these partitions now. */
  List<HeldMessage> removeAll(Collection<TopicPartition> gone) {
    List<HeldMessage> waited = new ArrayList<>();
    busy.entrySet()
        .removeIf(
            one -> {
              boolean isGone = gone.contains(one.getKey().partition());
              if (isGone) {
                waited.addAll(one.getValue());
              }
              return isGone;
            });
    return waited;
  }
}
