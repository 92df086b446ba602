package dev.leat.broker.memory;

import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** Has one message of a key at work at a time, in the log's order. Guarded by its stream's lock. */
final class Turns {
  /** By key: what is at work, or is to be again, then what waits for it. */
  private final Map<String, ArrayDeque<Group.Pending>> lines = new HashMap<>();

  private int waiting;

  /** Messages that were passed over because another of their key comes first. */
  int waiting() {
    return waiting;
  }

  /** Whether it is its turn at once. */
  boolean lineUp(Group.Pending message, String key) {
    ArrayDeque<Group.Pending> line = lines.computeIfAbsent(key, first -> new ArrayDeque<>(2));
    line.addLast(message);
    boolean first = line.size() == 1;
    message.lineUp(key, !first);
    waiting += first ? 0 : 1;
    return first;
  }

  /** The one whose turn it is once a message is done. */
  Optional<Group.Pending> next(Group.Pending done) {
    String key = done.key();
    ArrayDeque<Group.Pending> line = key == null ? null : lines.get(key);
    if (line == null || line.pollFirst() != done) {
      return Optional.empty();
    }
    Group.Pending next = line.peekFirst();
    if (next == null) {
      lines.remove(key);
      return Optional.empty();
    }
    waiting--;
    next.isNext();
    return Optional.of(next);
  }
}
