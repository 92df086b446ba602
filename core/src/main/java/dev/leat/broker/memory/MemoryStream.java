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
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A log, the groups that share it and the tails that follow it. Any thread: its lock is held for
 * moments and never while a listener is called, nor another stream but one whose key comes after
 * its own.
 */
final class MemoryStream {
  /** History is let go once it is longer than it may be by such a part. */
  private static final int FORGETTING = 8;

  private final String key;
  private final Limits limits;
  private final EventLoop loop;
  private final MemoryBroker broker;
  private final Pump pump;

  // All below is guarded by this.
  private final Log log = new Log();
  private final Map<String, Group> groups = new LinkedHashMap<>();
  private final List<Tail> tails = new ArrayList<>();
  private boolean lanes;

  MemoryStream(String key, Limits limits, EventLoop loop, MemoryBroker broker) {
    this.key = key;
    this.limits = limits;
    this.loop = loop;
    this.broker = broker;
    this.pump = new Pump(this::collect, Thread::startVirtualThread);
  }

  /** Appends; nobody sees it before it is handed over. */
  synchronized String append(Message message) {
    makeRoom(message);
    String id = log.append(message, loop.clock().millis());
    forget();
    return id;
  }

  /** Takes back what was appended last, while it is still locked. */
  synchronized void takeBack() {
    log.removeNewest();
  }

  /** Does something while nobody else sees or changes any of these; they are in order of key. */
  static <T> T whileLocked(List<MemoryStream> streams, Supplier<T> action) {
    if (streams.isEmpty()) {
      return action.get();
    }
    synchronized (streams.getFirst()) {
      return whileLocked(streams.subList(1, streams.size()), action);
    }
  }

  String key() {
    return key;
  }

  /** Hands over what readers have asked for. */
  void handOver() {
    pump.run();
  }

  synchronized Member join(Membership membership, DeliveryListener listener) {
    Group group =
        groups.computeIfAbsent(
            membership.group(),
            name -> new Group(name, offset(membership.start()), loop, () -> wake(name)));
    group.order(membership);
    group.answers(membership.answers());
    Member member = new Member(this, membership, listener);
    group.members().add(member);
    return member;
  }

  synchronized Tail follow(Position from, EntryListener listener) {
    Tail tail = new Tail(this, offset(from), listener);
    tails.add(tail);
    return tail;
  }

  /** Makes it a lane's: what the lane has read is history, though no group has completed it. */
  synchronized void giveToLane() {
    lanes = true;
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
    synchronized (this) {
      if (!holds(delivery)) {
        return CompletableFuture.completedStage(false);
      }
      delivery.group().beginCompletion(delivery.pending());
    }
    // Whoever has read the reply must find the notes written.
    Runnable undo = broker.notes().write(completion.notes());
    return broker
        .append(completion.appends())
        .handle(
            (ids, failure) -> {
              if (completed(delivery, failure, undo)) {
                pump.run();
              }
              return failure == null
                  ? CompletableFuture.completedStage(true)
                  : CompletableFuture.<Boolean>failedStage(failure);
            })
        .thenCompose(Function.identity());
  }

  /** Whether another is ready because of that. */
  private synchronized boolean completed(
      MemoryDelivery delivery, @Nullable Throwable failure, Runnable undo) {
    if (failure == null) {
      return delivery.group().complete(delivery.pending());
    }
    undo.run();
    delivery.group().abandonCompletion(delivery.pending());
    return false;
  }

  boolean release(MemoryDelivery delivery, Duration delay) {
    return giveBack(delivery, () -> delivery.group().release(delivery.pending(), delay));
  }

  boolean decline(MemoryDelivery delivery, Duration delay) {
    return giveBack(delivery, () -> delivery.group().decline(delivery.pending(), delay));
  }

  private boolean giveBack(MemoryDelivery delivery, Runnable how) {
    synchronized (this) {
      if (!holds(delivery)) {
        return false;
      }
      how.run();
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

  /** Takes an entry out; empty where it is not there any more. */
  synchronized Optional<Message> remove(String entryId) {
    return log.remove(EntryId.parse(entryId));
  }

  synchronized List<Entry> range(Position from, int limit) {
    return log.entries(offset(from), log.end(), limit);
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
              long offset = log.offsetAfter(EntryId.parse(id)) - 1;
              // Of what is gone it is not known who had it.
              boolean isThere = offset >= log.head() && log.id(offset).equals(id);
              return isThere
                  && groups.values().stream()
                      .noneMatch(group -> group.answers() && group.wasHanded(offset));
            })
        .collect(Collectors.toSet());
  }

  synchronized long trim(long keep) {
    long floor = completedBelow();
    long before = log.head();
    while (log.size() > keep && log.head() < floor) {
      log.removeOldest();
    }
    return log.head() - before;
  }

  synchronized void close() {
    groups.values().forEach(Group::cancelTimer);
    groups.values().forEach(group -> group.members().clear());
    tails.clear();
  }

  /** What the pump hands over next; one batch per reader, so that none waits for another. */
  private synchronized List<Runnable> collect() {
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
        List<Delivery> batch = take(group, member);
        if (!batch.isEmpty()) {
          member.handedOver(batch.size());
          due.add(() -> handOver(member, batch));
        }
      }
    }
    return due;
  }

  /** What a tail is to see next; entries that were taken out are passed over. */
  private List<Entry> next(Tail tail) {
    List<Entry> batch = List.of();
    long from = Math.max(tail.cursor(), log.head());
    while (batch.isEmpty() && from < log.end() && tail.batch() > 0) {
      long to = Math.min(log.end(), from + tail.batch());
      batch = log.entries(from, to, tail.batch());
      from = to;
      tail.moveTo(to);
    }
    return batch;
  }

  private List<Delivery> take(Group group, Member member) {
    List<Delivery> batch = new ArrayList<>();
    List<Group.Pending> taken;
    do {
      taken = group.take(member.batch(), log.end(), member.membership().lease(), this::keyAt);
      for (Group.Pending pending : taken) {
        Message message = log.message(pending.offset());
        if (message == null) {
          var unused = group.complete(pending);
        } else {
          String id = log.id(pending.offset());
          Instant acceptedAt = log.time(pending.offset());
          batch.add(new MemoryDelivery(member, group, pending, message, id, acceptedAt));
        }
      }
    } while (batch.isEmpty() && !taken.isEmpty());
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

  private boolean holds(MemoryDelivery delivery) {
    return delivery.group().holds(delivery.pending(), delivery.handed());
  }

  private long offset(Position position) {
    return switch (position) {
      case Position.Start start -> log.head();
      case Position.Now now -> log.end();
      case Position.After after -> log.offsetAfter(EntryId.parse(after.entryId()));
      case Position.At at -> log.offsetAfter(EntryId.before(at.time()));
    };
  }

  private void makeRoom(Message message) {
    if (message.payload().size() > limits.bytes()) {
      throw new BadMessage(
          "a payload of %d bytes is more than a stream of the embedded broker holds, which is %d"
              .formatted(message.payload().size(), limits.bytes()));
    }
    long floor = full(message) ? removableBelow() : 0;
    while (full(message)) {
      if (log.head() >= floor && !isForNobody(log.head())) {
        throw new StreamFull(
            "stream %s is full: %d messages wait in it to be completed".formatted(key, log.size()));
      }
      log.removeOldest();
      groups.values().forEach(group -> group.skipTo(log.head()));
    }
  }

  /** Whether a message was handed to no member yet, and nobody waits for its reply any more. */
  private boolean isForNobody(long offset) {
    Message message = log.message(offset);
    return message == null
        || (groups.values().stream().noneMatch(group -> group.isPending(offset))
            && message
                .headers()
                .deadline()
                .filter(deadline -> deadline.isBefore(loop.clock().instant()))
                .isPresent());
  }

  /** Lets history go that is longer than it may be, but nothing that a reader is still to see. */
  private void forget() {
    // Now and then: to ask every group how far it has come costs more than an append.
    if (log.size() <= limits.history() + (long) limits.history() / FORGETTING
        || (groups.isEmpty() && !lanes)) {
      return;
    }
    long floor = completedBelow();
    for (Tail tail : tails) {
      floor = Math.min(floor, tail.cursor());
    }
    while (log.size() > limits.history() && log.head() < floor) {
      log.removeOldest();
    }
  }

  private boolean full(Message message) {
    return log.size() >= limits.entries()
        || (log.size() > 0 && log.bytes() + message.payload().size() > limits.bytes());
  }

  /** Requests that no group has begun to read yet wait for it; other streams keep the latest. */
  private long removableBelow() {
    return groups.isEmpty() && StreamKeys.isIncoming(key) ? log.head() : completedBelow();
  }

  private long completedBelow() {
    long floor = log.end();
    for (Group group : groups.values()) {
      floor = Math.min(floor, group.floor());
    }
    return floor;
  }
}
