package dev.leat.broker.memory;

import dev.leat.BadMessage;
import dev.leat.Message;
import dev.leat.Position;
import dev.leat.Retention;
import dev.leat.StreamFull;
import dev.leat.StreamRef;
import dev.leat.broker.Completion;
import dev.leat.broker.DeliveryListener;
import dev.leat.broker.Entry;
import dev.leat.broker.EntryListener;
import dev.leat.broker.EventLoop;
import dev.leat.broker.GroupHealth;
import dev.leat.broker.Membership;
import dev.leat.broker.OpenMessage;
import dev.leat.broker.StreamCensus;
import dev.leat.broker.StreamHealth;
import dev.leat.wire.StreamKeys;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A log, the groups that share it and the tails that follow it. Any thread: its lock is held for
 * moments and never while a listener is called, nor another stream but one whose number is larger.
 */
final class MemoryStream {
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
  private final Forgetting forgetting;

  private final HandOver handOver;
  private final StreamState state;

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
    this.forgetting = new Forgetting(key, log, groups, tails, limits, loop);
    if (StreamKeys.isFailedAttempts(key)) {
      forgetting.isReadByNoGroup();
    }
    this.handOver =
        new HandOver(
            key, log, groups, tails, forgetting, journal, kept, this::handOverWhatIsOnDisk);
    this.state =
        new StreamState(
            this, key, log, groups, forgetting, loop, name -> group(name, 0), handOver::keyAt);
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
    forgetting.forget();
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

  synchronized long length() {
    return log.present();
  }

  synchronized long bytes() {
    return log.bytes();
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
    long begin = offset(membership.start());
    Group group = group(membership.group(), Math.max(log.head(), begin));
    boolean isAsBefore = before != null && before.answers() == membership.answers();
    boolean wasOrdered = group.isOrdered();
    group.order(membership);
    group.answers(membership.answers());
    if (!isAsBefore || wasOrdered != group.isOrdered()) {
      written(changes).group(key, group);
      if (before == null) {
        catchUp(group, begin, changes);
      }
      journal.write(changes);
    }
    Member member = new Member(this, membership, listener);
    group.members().add(member);
    return member;
  }

  /** What was set aside is there for a new group too. */
  private void catchUp(Group group, long begin, Changes changes) {
    for (long offset : log.aside().keySet()) {
      if (offset >= begin) {
        group.catchUp(offset, handOver::keyAt);
      }
    }
    List<Group.Pending> all = group.pending();
    if (!all.isEmpty()) {
      written(changes).handed(key, group.name(), all);
    }
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
    forgetting.isReadByNoGroup();
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
    forgetting.letGoIfUnneeded(offset);
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

  /** Whether an entry is there, and no group has begun it. */
  synchronized boolean isUntouched(String entryId) {
    long offset = log.offsetOf(EntryId.parse(entryId));
    return log.isThere(offset)
        && groups.values().stream().noneMatch(group -> group.hasBegun(offset));
  }

  /** Takes an entry out that is there, for somebody else to write down. */
  synchronized void remove(String entryId, Changes changes) {
    written(changes).takenOut(key, log.remove(EntryId.parse(entryId)));
  }

  synchronized List<Entry> range(Position from, int limit) {
    long begin = offset(from);
    return Portion.of(log.entries(begin, handOver.visibleEnd(begin), limit).entries());
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
    if (ofLane) {
      // What is in memory of it was written down too, under other ids.
      return journal.keeps() ? new Past(after, 0, Long.MAX_VALUE, List.of()) : null;
    }
    // Dead letters that were taken out would come back.
    // What no group has read is all in memory, and what was taken out of it is no history.
    boolean isUnread = StreamKeys.isIncoming(key) && groups.isEmpty();
    boolean isThere =
        kept && !isUnread && !StreamKeys.isDeadLetters(key) && forgetting.shownFrom() < log.head();
    return isThere && log.mayHaveHad(after)
        ? new Past(after, forgetting.shownFrom(), log.head(), range(from, limit))
        : null;
  }

  /** Follows it from a place, unless what comes next is history. */
  synchronized @Nullable Tail followUnlessPast(Position from, EntryListener listener) {
    return ofLane || past(from, 1) == null ? follow(from, listener) : null;
  }

  synchronized StreamHealth health(StreamRef stream) {
    List<GroupHealth> healths = new ArrayList<>();
    for (Group group : groups.values()) {
      healths.add(
          GroupHealth.of(
              group.name(),
              group.members().size(),
              group.pendingCount(),
              log.presentFrom(group.cursor()) + group.waiting(),
              group.answers()));
    }
    return StreamHealth.of(
        stream, log.present(), healths, OptionalLong.of(log.bytes()), log.bytes());
  }

  synchronized StreamCensus census(StreamRef stream) {
    boolean isUnread = groups.isEmpty() && log.present() > 0;
    return new StreamCensus(
        stream,
        loop.clock().instant(),
        OptionalLong.of(log.present()),
        OptionalLong.of(log.end()),
        isUnread ? Optional.of(log.time(log.first())) : Optional.empty(),
        groups.values().stream().map(group -> group.census(log)).toList());
  }

  /** What a group has not completed; where none is named, all that stands here. */
  synchronized List<OpenMessage> open(String group, Position begin, int limit) {
    long from = offset(begin);
    Group known = groups.get(group);
    if (known != null) {
      return known.open(log, from, limit);
    }
    List<OpenMessage> all = new ArrayList<>();
    if (group.isEmpty()) {
      for (long at = from; at < log.end() && all.size() < limit; at++) {
        if (log.isThere(at)) {
          all.add(log.open(at));
        }
      }
    }
    return all;
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
    long gone = forgetting.trim(keep);
    if (log.head() > before) {
      written(changes).head(key, log.head());
      written(changes).floor(key, forgetting.shownFrom());
      journal.write(changes);
    }
    return gone;
  }

  synchronized void tidy() {
    forgetting.forget();
  }

  synchronized void retain(Retention retention) {
    forgetting.retain(retention);
  }

  synchronized void close() {
    groups.values().forEach(Group::cancelTimer);
    groups.values().forEach(group -> group.members().clear());
    tails.clear();
  }

  /** What the pump hands over next. */
  private List<Runnable> collect() {
    Changes changes = journal.begin();
    try {
      return collect(changes);
    } finally {
      journal.end();
    }
  }

  private synchronized List<Runnable> collect(Changes changes) {
    return handOver.collect(changes);
  }

  private void handOverWhatIsOnDisk() {
    synchronized (this) {
      handOver.isOnDisk();
    }
    pump.run();
  }

  /** As it is written down. */
  StreamState state() {
    return state;
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
      forgetting.forgetBeyond(0);
      throw new StreamFull(refused);
    }
    forgetting.makeRoom(message, changes);
  }

  boolean isOfLane() {
    return ofLane;
  }

  boolean isKept() {
    return kept;
  }
}
