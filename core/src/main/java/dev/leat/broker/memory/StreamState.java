package dev.leat.broker.memory;

import dev.leat.Message;
import dev.leat.broker.EventLoop;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongFunction;

/** A stream as it is written down, and as it is made again from that. Any thread. */
final class StreamState {
  private final Object lock;
  private final String key;
  private final Log log;
  private final Map<String, Group> groups;
  private final Forgetting forgetting;
  private final EventLoop loop;
  private final Function<String, Group> newGroup;
  private final LongFunction<Optional<String>> keys;

  /**
   * Of a stream whose these are.
   *
   * @param lock that guards them
   * @param newGroup makes a group, unless there is one of its name
   * @param keys what the message at an offset is about
   */
  StreamState(
      Object lock,
      String key,
      Log log,
      Map<String, Group> groups,
      Forgetting forgetting,
      EventLoop loop,
      Function<String, Group> newGroup,
      LongFunction<Optional<String>> keys) {
    this.lock = lock;
    this.key = key;
    this.log = log;
    this.groups = groups;
    this.forgetting = forgetting;
    this.loop = loop;
    this.newGroup = newGroup;
    this.keys = keys;
  }

  void restore(long head, long end, EntryId last) {
    synchronized (lock) {
      if (log.end() == 0 && log.head() == 0) {
        log.restore(head, end, last);
      }
    }
  }

  /** The entry, where it has its place still. */
  Changes.Placed restore(long offset, EntryId id, Message message) {
    synchronized (lock) {
      return log.restore(offset, id, message);
    }
  }

  Group restoreGroup(String name) {
    synchronized (lock) {
      return newGroup.apply(name);
    }
  }

  void restoreHead(long head) {
    synchronized (lock) {
      forgetting.moveHead(head);
      groups.values().forEach(group -> group.skipTo(head));
    }
  }

  void restoreFloor(long shown) {
    synchronized (lock) {
      forgetting.showFrom(shown);
    }
  }

  void restoreTakenOut(long offset) {
    synchronized (lock) {
      if (log.isThere(offset)) {
        log.remove(offset);
      }
    }
  }

  void restored() {
    synchronized (lock) {
      log.restored();
      for (Group group : groups.values()) {
        group.skipTo(log.head());
        group.restored(log::isThere, keys);
      }
      forgetting.letGoUnneeded();
      forgetting.forget();
    }
  }

  /** All that is not a message: how far it has come, its groups, and what these are at. */
  void writeState(Changes changes) {
    synchronized (lock) {
      changes.stream(key, log);
      if (forgetting.shownFrom() > 0) {
        changes.floor(key, forgetting.shownFrom());
      }
      for (Group group : groups.values()) {
        changes.group(key, group);
        List<Group.Pending> pending = group.pending();
        if (!pending.isEmpty()) {
          changes.handed(key, group.name(), pending);
          for (Group.Pending one : pending) {
            if (one.isDelayed()) {
              changes.released(
                  key, group.name(), one, Duration.ofMillis(one.wakeAt() - loop.clock().millis()));
            }
          }
        }
      }
    }
  }

  /**
   * Messages that stand in the oldest segments are written once more; those that nothing needs are
   * let go, since they stay where they are as long as they are kept.
   */
  void writeMessagesOf(int segment, Consumer<Changes.Placed> moved, Changes changes) {
    synchronized (lock) {
      long before = log.head();
      forgetting.forgetOf(segment);
      if (log.head() > before) {
        changes.head(key, log.head());
      }
      log.aside()
          .forEach(
              (offset, slot) -> {
                if (slot.segment() <= segment) {
                  moved.accept(slot);
                  changes.again(key, slot, offset);
                }
              });
      for (long offset = log.head(); offset < log.end(); offset++) {
        Log.Slot slot = log.slotAt(offset);
        if (slot.isThere() && slot.segment() <= segment) {
          moved.accept(slot);
          changes.again(key, slot, offset);
        }
      }
    }
  }
}
