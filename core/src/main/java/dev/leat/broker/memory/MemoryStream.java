package dev.leat.broker.memory;

import dev.leat.BadMessage;
import dev.leat.Headers;
import dev.leat.Message;
import dev.leat.Position;
import dev.leat.StreamFull;
import dev.leat.StreamRef;
import dev.leat.broker.Completion;
import dev.leat.broker.Delivery;
import dev.leat.broker.DeliveryListener;
import dev.leat.broker.Entry;
import dev.leat.broker.EntryListener;
import dev.leat.broker.EventLoop;
import dev.leat.broker.GroupHealth;
import dev.leat.broker.Membership;
import dev.leat.broker.StreamHealth;
import dev.leat.wire.StreamKeys;
import java.time.Duration;
import java.time.Instant;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A log, the groups that share it and the tails that follow it. Any thread: its lock is held for
 * moments and never while a listener is called, nor another stream but one whose number is larger.
 */
final class MemoryStream {
  /** Where it is not written down who is passed over. */
  private static final List<Group.Pending> NOBODY =
      new AbstractList<>() {
        @Override
        public void add(int index, Group.Pending one) {}

        @Override
        public Group.Pending get(int index) {
          throw new IndexOutOfBoundsException(index);
        }

        @Override
        public int size() {
          return 0;
        }
      };

  private final String key;
  private final long number;
  private final EventLoop loop;
  private final MemoryBroker broker;
  private final Journal journal;
  private final Pump pump;

  /** Whether only a lane reads it, and it ends with that. */
  private final boolean ofLane;

  /** Whether it is written down what happens here. */
  private final boolean kept;

  // All below is guarded by this.
  private final Log log;
  private final Map<String, Group> groups = new LinkedHashMap<>();
  private final List<Tail> tails = new ArrayList<>();
  private final Retention retention;

  /** What stands before it is not shown, though it may be kept. */
  private long shownFrom;

  /** What tails are to see is on its way to the disk, and then they are handed it. */
  private boolean awaitsDisk;

  /**
   * An empty stream.
   *
   * @param number like no other of its broker: they are locked in the order of these
   */
  MemoryStream(String key, long number, Limits limits, EventLoop loop, MemoryBroker broker) {
    this.key = key;
    this.number = number;
    this.loop = loop;
    this.broker = broker;
    this.journal = broker.journal();
    this.ofLane = StreamKeys.isPrivateReplies(key);
    this.kept = journal.keeps() && !ofLane;
    this.log = new Log(journal);
    this.retention = new Retention(key, log, groups, tails, limits, loop);
    this.pump = new Pump(this::collect, Thread::startVirtualThread);
  }

  /**
   * What was appended.
   *
   * @param position where that is written down
   */
  record Appended(String id, long position) {}

  /** Appends, and writes that down; nobody sees it before it is handed over. */
  synchronized Appended append(Message message, Changes changes) {
    String id = add(message, changes);
    return new Appended(id, journal.write(changes));
  }

  /** Appends, for somebody else to write down. */
  synchronized String add(Message message, Changes changes) {
    makeRoom(message, written(changes));
    Log.Slot slot = log.append(message, loop.clock().millis());
    written(changes).appended(key, slot, log.end() - 1);
    retention.forget();
    return slot.id().toString();
  }

  /** Takes back what was appended last, while it is still locked. */
  synchronized void takeBack() {
    log.removeNewest();
  }

  private Changes written(Changes changes) {
    return kept ? changes : Changes.NONE;
  }

  /** Does something while nobody else sees or changes any of these; they are in order of number. */
  static <T> T whileLocked(List<MemoryStream> streams, Supplier<T> action) {
    return whileLocked(streams, 0, action);
  }

  private static <T> T whileLocked(List<MemoryStream> streams, int from, Supplier<T> action) {
    if (from == streams.size()) {
      return action.get();
    }
    synchronized (streams.get(from)) {
      return whileLocked(streams, from + 1, action);
    }
  }

  String key() {
    return key;
  }

  long number() {
    return number;
  }

  /** Hands over what readers have asked for. */
  void handOver() {
    pump.run();
  }

  synchronized Member join(Membership membership, DeliveryListener listener, Changes changes) {
    Group before = groups.get(membership.group());
    Group group = group(membership.group(), offset(membership.start()));
    boolean isAsBefore = before != null && before.answers() == membership.answers();
    boolean wasOrdered = group.isOrdered();
    group.order(membership);
    group.answers(membership.answers());
    if (!isAsBefore || wasOrdered != group.isOrdered()) {
      written(changes).group(key, group);
      journal.write(changes);
    }
    Member member = new Member(this, membership, listener);
    group.members().add(member);
    return member;
  }

  private Group group(String name, long begin) {
    return groups.computeIfAbsent(name, one -> new Group(one, begin, loop, () -> wake(one)));
  }

  synchronized Tail follow(Position from, EntryListener listener) {
    Tail tail = new Tail(this, offset(from), listener);
    tails.add(tail);
    return tail;
  }

  /** Makes it a lane's: what the lane has read is history, though no group has completed it. */
  synchronized void giveToLane() {
    retention.isOfLane();
  }

  synchronized void leave(Reader reader) {
    switch (reader) {
      case Tail tail -> tails.remove(tail);
      case Member member -> group(member).members().remove(member);
      default -> throw new IllegalStateException("a reader of an unknown kind");
    }
  }

  void demand(Reader reader, int more) {
    synchronized (this) {
      reader.addDemand(more);
    }
    pump.run();
  }

  CompletionStage<Boolean> complete(MemoryDelivery delivery, Completion completion) {
    return broker.complete(this, delivery, completion);
  }

  /** While it is locked: whether a delivery may be ended still. */
  synchronized boolean holds(MemoryDelivery delivery) {
    return delivery.group().holds(delivery.pending(), delivery.handed());
  }

  /**
   * Takes a message off its group, for somebody else to write down.
   *
   * @return whether another is ready because of that
   */
  synchronized boolean take(MemoryDelivery delivery, Changes changes) {
    long offset = delivery.pending().offset();
    written(changes).done(key, delivery.group().name(), offset);
    boolean othersAreReady = delivery.group().complete(delivery.pending());
    retention.letGoIfUnneeded(offset);
    return othersAreReady;
  }

  boolean release(MemoryDelivery delivery, Duration delay) {
    return giveBack(delivery, delay, () -> delivery.group().release(delivery.pending(), delay));
  }

  boolean decline(MemoryDelivery delivery, Duration delay) {
    return giveBack(delivery, delay, () -> delivery.group().decline(delivery.pending(), delay));
  }

  private boolean giveBack(MemoryDelivery delivery, Duration delay, Runnable how) {
    Changes changes = journal.begin();
    try {
      synchronized (this) {
        if (!holds(delivery)) {
          return false;
        }
        how.run();
        written(changes).released(key, delivery.group().name(), delivery.pending(), delay);
        journal.write(changes);
      }
    } finally {
      journal.end();
    }
    pump.run();
    return true;
  }

  synchronized boolean isHandled(String group, String type) {
    Group known = groups.get(group);
    return known != null
        && known.members().stream().anyMatch(member -> member.listener().types().contains(type));
  }

  synchronized boolean extend(MemoryDelivery delivery) {
    if (!holds(delivery)) {
      return false;
    }
    delivery.group().extend(delivery.pending(), delivery.member().membership().lease());
    return true;
  }

  /** Whether an entry is there still. */
  synchronized boolean has(String entryId) {
    return log.has(EntryId.parse(entryId));
  }

  /** Takes an entry out that is there, for somebody else to write down. */
  synchronized void remove(String entryId, Changes changes) {
    written(changes).takenOut(key, log.remove(EntryId.parse(entryId)));
  }

  synchronized List<Entry> range(Position from, int limit) {
    long begin = offset(from);
    return log.entries(begin, visibleEnd(begin), limit).entries();
  }

  /**
   * What may stand in the history of what is asked for.
   *
   * @param after the entry that reading begins behind
   * @param from offset of the first entry that may be shown
   * @param to offset behind the last that is not in memory
   * @param rest what is in memory of it
   */
  record Past(EntryId after, long from, long to, List<Entry> rest) {}

  /** Where to begin in the history; null if all that is asked for is in memory. */
  synchronized @Nullable Past past(Position from, int limit) {
    EntryId after =
        switch (from) {
          case Position.Start start -> new EntryId(0, 0);
          case Position.Now now -> log.lastId();
          case Position.After behind -> EntryId.parse(behind.entryId());
          case Position.At at -> EntryId.before(at.time());
        };
    // Dead letters that were taken out would come back.
    boolean isThere = kept && !StreamKeys.isDeadLetters(key) && shownFrom < log.head();
    return isThere && log.mayHaveHad(after)
        ? new Past(after, shownFrom, log.head(), range(from, limit))
        : null;
  }

  /** Follows it from a place, unless what comes next is history. */
  synchronized @Nullable Tail followUnlessPast(Position from, EntryListener listener) {
    return past(from, 1) == null ? follow(from, listener) : null;
  }

  synchronized StreamHealth health(StreamRef stream) {
    List<GroupHealth> healths = new ArrayList<>();
    for (Group group : groups.values()) {
      healths.add(
          GroupHealth.of(
              group.name(),
              group.members().size(),
              group.pendingCount(),
              log.end() - group.cursor() + group.waiting(),
              group.answers()));
    }
    return new StreamHealth(
        stream, OptionalLong.of(log.present()), healths, OptionalLong.of(log.bytes()));
  }

  synchronized Set<String> untaken(List<String> entryIds) {
    return entryIds.stream()
        .filter(
            id -> {
              long offset = log.offsetOf(EntryId.parse(id));
              // Of what is gone it is not known who had it.
              return log.isThere(offset)
                  && groups.values().stream()
                      .noneMatch(group -> group.answers() && group.wasHanded(offset));
            })
        .collect(Collectors.toSet());
  }

  synchronized long trim(long keep, Changes changes) {
    long before = log.head();
    long gone = retention.trim(keep);
    if (log.head() > before) {
      shownFrom = log.head();
      written(changes).head(key, shownFrom);
      written(changes).floor(key, shownFrom);
      journal.write(changes);
    }
    return gone;
  }

  synchronized void close() {
    groups.values().forEach(Group::cancelTimer);
    groups.values().forEach(group -> group.members().clear());
    tails.clear();
  }

  /** What the pump hands over next; one batch per reader, so that none waits for another. */
  private List<Runnable> collect() {
    Changes changes = journal.begin();
    try {
      return collect(changes);
    } finally {
      journal.end();
    }
  }

  private synchronized List<Runnable> collect(Changes changes) {
    List<Runnable> due = new ArrayList<>();
    for (Tail tail : tails) {
      List<Entry> batch = next(tail);
      if (!batch.isEmpty()) {
        tail.handedOver(batch.size());
        due.add(() -> handOver(tail, batch));
      }
    }
    for (Group group : groups.values()) {
      Member member = group.nextAsking();
      if (member != null) {
        List<Delivery> batch = take(group, member, changes);
        if (!batch.isEmpty()) {
          member.handedOver(batch.size());
          due.add(() -> handOver(member, batch));
        }
      }
    }
    journal.write(changes);
    return due;
  }

  /** What a tail is to see next; entries that were taken out are passed over. */
  private List<Entry> next(Tail tail) {
    List<Entry> batch = List.of();
    long from = Math.max(tail.cursor(), log.first());
    long end = visibleEnd(from);
    if (from < end && tail.batch() > 0) {
      Log.Page page = log.entries(from, end, tail.batch());
      batch = page.entries();
      tail.moveTo(page.next());
    }
    return batch;
  }

  /** Who reads along sees what is on the disk: of anything else it may never have been. */
  private long visibleEnd(long from) {
    long end = log.end();
    long oldest = Math.max(from, log.head());
    while (kept && end > oldest && !journal.isDurable(log.placed(end - 1).position())) {
      end--;
    }
    if (end < log.end() && !awaitsDisk) {
      awaitsDisk = true;
      var unused =
          journal
              .after(log.placed(log.end() - 1).position(), true)
              .thenRun(this::handOverWhatIsOnDisk);
    }
    return end;
  }

  private void handOverWhatIsOnDisk() {
    synchronized (this) {
      awaitsDisk = false;
    }
    pump.run();
  }

  private List<Delivery> take(Group group, Member member, Changes changes) {
    List<Delivery> batch = new ArrayList<>();
    List<Group.Pending> passedOver = kept ? new ArrayList<>() : NOBODY;
    List<Group.Pending> taken;
    do {
      taken =
          group.take(
              member.batch(), log.end(), member.membership().lease(), this::keyAt, passedOver);
      for (Group.Pending pending : taken) {
        Message message = log.message(pending.offset());
        if (message == null) {
          var unused = group.complete(pending);
          retention.letGoIfUnneeded(pending.offset());
        } else {
          String id = log.id(pending.offset());
          Instant acceptedAt = log.time(pending.offset());
          batch.add(new MemoryDelivery(member, group, pending, message, id, acceptedAt));
        }
      }
      if (kept && !taken.isEmpty()) {
        changes.handed(key, group.name(), taken);
      }
    } while (batch.isEmpty() && !taken.isEmpty());
    if (kept && !passedOver.isEmpty()) {
      changes.handed(key, group.name(), passedOver);
    }
    return batch;
  }

  private Optional<String> keyAt(long offset) {
    return Optional.ofNullable(log.message(offset))
        .flatMap(message -> message.headers().get(Headers.KEY))
        .filter(key -> !key.isEmpty());
  }

  private static void handOver(Tail tail, List<Entry> batch) {
    tail.whileOpen(() -> tail.listener().onEntries(batch));
  }

  /** A member that left between being chosen and being called gives its batch back. */
  private static void handOver(Member member, List<Delivery> batch) {
    if (!member.whileOpen(() -> member.listener().onDeliveries(batch))) {
      batch.forEach(delivery -> delivery.release(Duration.ZERO));
    }
  }

  private void wake(String groupName) {
    synchronized (this) {
      Group group = groups.get(groupName);
      if (group != null) {
        group.wake();
      }
    }
    pump.run();
  }

  private Group group(Member member) {
    Group group = groups.get(member.membership().group());
    if (group == null) {
      throw new IllegalStateException("a member without its group");
    }
    return group;
  }

  private long offset(Position position) {
    return switch (position) {
      case Position.Start start -> log.first();
      case Position.Now now -> log.end();
      case Position.After after -> log.offsetAfter(EntryId.parse(after.entryId()));
      case Position.At at -> log.offsetAfter(EntryId.before(at.time()));
    };
  }

  private void makeRoom(Message message, Changes changes) {
    if (kept && message.payload().size() > journal.largest()) {
      throw new BadMessage(
          "a payload of %d bytes is more than a broker of files takes, which is %d; ?segment= makes it more"
              .formatted(message.payload().size(), journal.largest()));
    }
    String refused = kept ? journal.refusal(message.payload().size()) : null;
    if (refused != null) {
      // What is completed goes first; where it stood there is room a moment later.
      retention.forgetBeyond(0);
      throw new StreamFull(refused);
    }
    retention.makeRoom(message, changes);
  }

  // As it was written down

  synchronized void restore(long head, long end, EntryId last) {
    if (log.end() == 0 && log.head() == 0) {
      log.restore(head, end, last);
    }
  }

  /** The entry, where it has its place still. */
  synchronized Changes.Placed restore(long offset, EntryId id, Message message) {
    return log.restore(offset, id, message);
  }

  synchronized Group restoreGroup(String name) {
    return group(name, 0);
  }

  synchronized void restoreHead(long head) {
    retention.moveHead(head);
    groups.values().forEach(group -> group.skipTo(head));
  }

  synchronized void restoreFloor(long shown) {
    shownFrom = Math.max(shownFrom, shown);
  }

  synchronized void restoreTakenOut(long offset) {
    if (log.isThere(offset)) {
      log.remove(offset);
    }
  }

  synchronized void restored() {
    log.restored();
    for (Group group : groups.values()) {
      group.skipTo(log.head());
      group.restored(log::isThere, this::keyAt);
    }
    retention.letGoUnneeded();
    retention.forget();
  }

  /** All that is not a message: how far it has come, its groups, and what these are at. */
  synchronized void writeState(Changes changes) {
    changes.stream(key, log);
    if (shownFrom > 0) {
      changes.floor(key, shownFrom);
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

  /**
   * Messages that stand in the oldest segments are written once more; those that nothing needs are
   * let go, since they stay where they are as long as they are kept.
   */
  synchronized void writeMessagesOf(int segment, Consumer<Changes.Placed> moved, Changes changes) {
    long before = log.head();
    retention.forgetOf(segment);
    if (log.head() > before) {
      changes.head(key, log.head());
    }
    log.aside()
        .forEach(
            (offset, slot) -> {
              if (slot.segment() <= segment) {
                moved.accept(slot);
                changes.appended(key, slot, offset);
              }
            });
    for (long offset = log.head(); offset < log.end(); offset++) {
      Log.Slot slot = log.slotAt(offset);
      if (slot.isThere() && slot.segment() <= segment) {
        moved.accept(slot);
        changes.appended(key, slot, offset);
      }
    }
  }

  boolean isOfLane() {
    return ofLane;
  }

  boolean isKept() {
    return kept;
  }
}
