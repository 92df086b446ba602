package dev.leat.broker.memory;

import dev.leat.BadMessage;
import dev.leat.Message;
import dev.leat.Retention;
import dev.leat.StreamFull;
import dev.leat.broker.EventLoop;
import dev.leat.wire.StreamKeys;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What of a stream is let go, and when: never what a group has not completed. Guarded by its
 * stream's lock.
 */
final class Forgetting {
  /** History is let go once it is longer than it may be by such a part. */
  private static final int FORGETTING = 8;

  /** Fewer than these are not worth to be set aside for. */
  private static final int CROWD = 64;

  private final String key;
  private final Log log;
  private final Map<String, Group> groups;
  private final List<Tail> tails;
  private final Limits limits;
  private final EventLoop loop;
  private boolean lanes;

  /** Where it goes by age and bytes, and not by the number of entries. */
  private @Nullable Retention retention;

  /** What stands before it is not shown, though it may be kept. */
  private long shownFrom;

  /** Of a stream whose these are. */
  Forgetting(
      String key,
      Log log,
      Map<String, Group> groups,
      List<Tail> tails,
      Limits limits,
      EventLoop loop) {
    this.key = key;
    this.log = log;
    this.groups = groups;
    this.tails = tails;
    this.limits = limits;
    this.loop = loop;
  }

  /** All is history that nobody reads along, though no group has completed it. */
  void isReadByNoGroup() {
    lanes = true;
  }

  /**
   * Makes room for a message.
   *
   * @throws StreamFull if all that there is waits to be completed
   */
  void makeRoom(Message message, Changes changes) {
    if (message.payload().size() > limits.bytes()) {
      throw new BadMessage(
          "a payload of %d bytes is more than a stream of the embedded broker holds, which is %d"
              .formatted(message.payload().size(), limits.bytes()));
    }
    if (!isFull(message)) {
      return;
    }
    long before = log.head();
    // Requests that no group has begun to read yet wait for it; other streams keep the latest.
    long to = groups.isEmpty() && StreamKeys.isIncoming(key) ? log.head() : handedBelow();
    while (isFull(message)) {
      if (log.head() < to) {
        letGoOfOldest();
      } else if (log.size() > 0 && isForNobody(log.head())) {
        log.removeOldest();
        groups.values().forEach(group -> group.skipTo(log.head()));
      } else {
        throw new StreamFull(
            "stream %s is full: %d messages wait in it to be completed"
                .formatted(key, log.places()));
      }
    }
    if (log.head() > before) {
      changes.head(key, log.head());
    }
  }

  private boolean isFull(Message message) {
    return log.places() >= limits.entries()
        || (log.places() > 0 && log.bytes() + message.payload().size() > limits.bytes());
  }

  /** Whether a message was handed to no member yet, and nobody waits for its reply any more. */
  private boolean isForNobody(long offset) {
    Message message = log.message(offset);
    return message == null
        || (!isNeeded(offset)
            && message
                .headers()
                .deadline()
                .filter(deadline -> deadline.isBefore(loop.clock().instant()))
                .isPresent());
  }

  /** Keeps history by its age and bytes from now on. */
  void retain(Retention other) {
    retention = other;
    forget();
  }

  /** Lets history go that is longer than it may be, but nothing that a reader is still to see. */
  void forget() {
    if (retention != null) {
      forgetBy(retention);
      return;
    }
    // Now and then: to ask every group how far it has come costs more than an append.
    if (log.size() > limits.history() + (long) limits.history() / FORGETTING
        && !isForWhoeverComes()) {
      forgetBeyond(limits.history());
    }
  }

  private void forgetBy(Retention kept) {
    Instant horizon = loop.clock().instant().minus(kept.age());
    if (!isTooMuch(kept, horizon) || (isForWhoeverComes() && StreamKeys.isIncoming(key))) {
      return;
    }
    // Of what no group reads the latest stays.
    long to = groups.isEmpty() ? Math.min(seenBelow(), log.end() - 1) : unneededBelow();
    while (log.head() < to && isTooMuch(kept, horizon)) {
      letGoOfOldest();
    }
  }

  private boolean isTooMuch(Retention kept, Instant horizon) {
    return log.size() > 0 && (log.bytes() > kept.bytes() || log.time(log.head()).isBefore(horizon));
  }

  /** Lets go all that nothing needs, but for some of the newest. */
  void forgetBeyond(long history) {
    long to = unneededBelow();
    while (log.size() > history && log.head() < to && !isNeeded(log.head())) {
      log.removeOldest();
    }
    if (to - log.head() > CROWD + history + 2L * pending()) {
      // At least half of it is kept by some that are older.
      while (log.size() > history && log.head() < to) {
        letGoOfOldest();
      }
    }
  }

  private long pending() {
    long all = 0;
    for (Group group : groups.values()) {
      all += group.pendingCount() + group.waiting();
    }
    return all;
  }

  /**
   * Lets go what stands in a file that is to go, or in those before it, and sets the rest aside.
   */
  void forgetOf(int segment) {
    long to = unneededBelow();
    while (log.head() < to && log.slotAt(log.head()).segment() <= segment) {
      letGoOfOldest();
    }
  }

  /**
   * Lets go all but the newest.
   *
   * @return how many of them
   */
  long trim(long keep) {
    long to = handedBelow();
    long gone = 0;
    while (log.presentInRing() > keep && log.head() < to) {
      boolean isThere = log.isThere(log.head());
      gone += isThere && !isNeeded(log.head()) ? 1 : 0;
      letGoOfOldest();
    }
    if (gone > 0) {
      showFrom(log.head());
    }
    return gone;
  }

  long shownFrom() {
    return shownFrom;
  }

  void showFrom(long offset) {
    shownFrom = Math.max(shownFrom, offset);
  }

  /** The head is to be there. */
  void moveHead(long head) {
    while (log.head() < Math.min(head, log.end())) {
      letGoOfOldest();
    }
  }

  /** Of what was set aside nothing is left that nobody needs. */
  void letGoUnneeded() {
    List.copyOf(log.aside().keySet()).forEach(this::letGoIfUnneeded);
  }

  /** Something that was handed over is completed by a group. */
  void letGoIfUnneeded(long offset) {
    if (offset < log.head() && !isNeeded(offset)) {
      log.letGo(offset);
    }
  }

  private void letGoOfOldest() {
    if (isNeeded(log.head())) {
      log.setOldestAside();
    } else {
      log.removeOldest();
    }
  }

  /** Whether a group was handed what stands there, and has not completed it. */
  private boolean isNeeded(long offset) {
    for (Group group : groups.values()) {
      if (group.isPending(offset)) {
        return true;
      }
    }
    return false;
  }

  private boolean isForWhoeverComes() {
    return groups.isEmpty() && !lanes;
  }

  /** What stands before has been handed to every group, and seen by who reads along. */
  private long unneededBelow() {
    return Math.min(isForWhoeverComes() ? log.head() : handedBelow(), seenBelow());
  }

  /** What stands before has been seen by whoever reads along. */
  private long seenBelow() {
    long to = log.end();
    for (Tail tail : tails) {
      to = Math.min(to, tail.cursor());
    }
    return to;
  }

  private long handedBelow() {
    long to = log.end();
    for (Group group : groups.values()) {
      to = Math.min(to, group.cursor());
    }
    return to;
  }
}
