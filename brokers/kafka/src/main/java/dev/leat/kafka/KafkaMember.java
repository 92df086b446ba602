package dev.leat.kafka;

import dev.leat.BadMessage;
import dev.leat.BrokerUnavailable;
import dev.leat.LeatException;
import dev.leat.broker.Delivery;
import dev.leat.broker.DeliveryListener;
import dev.leat.broker.EventLoop;
import dev.leat.broker.HandOverGate;
import dev.leat.broker.Membership;
import dev.leat.broker.Subscription;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A member of a group: what it has fetched is handed over as far as it is asked for, whatever is
 * still at work before it, and what is completed is committed a moment later. A message whose lease
 * has lapsed is handed over again here, as long as its partition is this member's. Any thread;
 * listeners are called on the loop.
 */
final class KafkaMember implements Subscription {
  private static final Logger log = LoggerFactory.getLogger(KafkaMember.class);

  private final KafkaBroker broker;
  private final Membership membership;
  private final DeliveryListener listener;
  private final EventLoop loop;
  private final GroupReader reader;
  private final @Nullable CompletionTransactions transactions;
  private final BrokenRecords brokenRecords;
  private final MemberProgress progress = new MemberProgress();
  private final HandOverGate gate = new HandOverGate();
  private final CompletableFuture<Void> ready = new CompletableFuture<>();
  private final CompletableFuture<Void> left = new CompletableFuture<>();
  private final AtomicBoolean pumping = new AtomicBoolean();

  // Guarded by this.
  private final WaitingMessages waiting;
  private final Set<TopicPartition> going = new HashSet<>();
  private final Set<HeldMessage> handed = new LinkedHashSet<>();
  private long demand;
  private boolean isWatched;
  private boolean isEnding;

  KafkaMember(
      KafkaBroker broker,
      KafkaSettings settings,
      KafkaTopics topics,
      EventLoop loop,
      Membership membership,
      DeliveryListener listener) {
    this.broker = broker;
    this.membership = membership;
    this.listener = listener;
    this.loop = loop;
    this.brokenRecords = new BrokenRecords(broker, membership, loop);
    this.waiting = new WaitingMessages(membership.ordered());
    String topic = TopicNames.of(membership.topic().incoming());
    this.reader = new GroupReader(this, settings, topics, topic, loop.clock());
    this.transactions =
        settings.transactions() ? broker.transactions(this, membership, loop.clock()) : null;
  }

  void start() {
    if (transactions != null) {
      transactions.start();
    }
    reader.start();
  }

  KafkaBroker broker() {
    return broker;
  }

  Membership membership() {
    return membership;
  }

  /** In which its deliveries end; null where they end without. */
  @Nullable CompletionTransactions transactions() {
    return transactions;
  }

  // What is asked of it

  @Override
  public void request(int more) {
    Subscription.refuseNone(more);
    synchronized (this) {
      demand = Math.min(Integer.MAX_VALUE, demand + more);
    }
    pump();
  }

  @Override
  public CompletionStage<?> ready() {
    return ready;
  }

  @Override
  public CompletionStage<?> end() {
    CompletableFuture<Void> ended = new CompletableFuture<>();
    synchronized (this) {
      isEnding = true;
    }
    // What is being handed over now comes before.
    loop.execute(() -> ended.complete(null));
    leaveOnceDone();
    return ended;
  }

  /** What it still holds can be ended until its lease lapses; then others have it. */
  @Override
  public void close() {
    gate.close();
    synchronized (this) {
      isEnding = true;
    }
    ready.completeExceptionally(new BrokerUnavailable("reading has ended"));
    leaveOnceDone();
  }

  private void leaveOnceDone() {
    boolean isDone;
    synchronized (this) {
      isDone = isEnding && handed.isEmpty();
    }
    if (isDone) {
      reader.stop();
    }
  }

  /** At once; what it holds is handed over to others. */
  void stop() {
    gate.close();
    ready.completeExceptionally(new BrokerUnavailable("the broker is closed"));
    reader.stop();
  }

  /** Completes once it has left its group. */
  CompletableFuture<Void> hasLeft() {
    return left;
  }

  // What its deliveries say

  /** Whether it was held still. */
  boolean completed(KafkaDelivery delivery) {
    HeldMessage held = delivery.held();
    boolean othersMayGoOn;
    synchronized (this) {
      if (!held.isOf(delivery)) {
        return false;
      }
      handed.remove(held);
      held.goes();
      progress.done(held.partition(), held.place().offset());
      othersMayGoOn = waiting.completed(held);
    }
    if (othersMayGoOn) {
      pump();
    }
    leaveOnceDone();
    return true;
  }

  /** Whether it is held still, and is so until it has been ended. */
  synchronized boolean beginsToEnd(KafkaDelivery delivery) {
    boolean isHeld = delivery.isHeld();
    if (isHeld) {
      delivery.beginsToEnd();
    }
    return isHeld;
  }

  /** Whether it is held still, and is so for another lease. */
  synchronized boolean extended(KafkaDelivery delivery) {
    boolean isHeld = delivery.isHeld();
    if (isHeld) {
      delivery.beginLease();
    }
    return isHeld;
  }

  /** Whether it was held still. */
  boolean released(KafkaDelivery delivery, Duration delay, boolean isDeclined) {
    HeldMessage held = delivery.held();
    synchronized (this) {
      if (!held.isOf(delivery)) {
        return false;
      }
      handed.remove(held);
      held.free();
      if (isDeclined) {
        held.declined();
      }
      waits(held, delay);
    }
    if (delay.isPositive()) {
      var unused = loop.schedule(delay, () -> comesBack(held));
    } else {
      pump();
    }
    leaveOnceDone();
    return true;
  }

  private void waits(HeldMessage released, Duration delay) {
    if (going.contains(released.partition())) {
      // The next that has its partition begins with it.
      released.goes();
    } else if (delay.isPositive()) {
      waiting.later(released);
      progress.waits(released, loop.wallClock().millis() + delay.toMillis());
    } else {
      waiting.again(released);
      progress.waits(released, 0);
    }
  }

  private void comesBack(HeldMessage held) {
    synchronized (this) {
      if (!waiting.isTime(held)) {
        return;
      }
    }
    pump();
  }

  // Handing over, on the loop

  private void pump() {
    if (pumping.compareAndSet(false, true)) {
      try {
        loop.execute(this::handOver);
      } catch (RejectedExecutionException ended) {
        log.debug("member={} the loop has ended", membership.member());
      }
    }
  }

  private void handOver() {
    pumping.set(false);
    List<Delivery> batch = new ArrayList<>();
    synchronized (this) {
      while (demand > 0 && !isEnding) {
        HeldMessage next = waiting.poll();
        if (next == null) {
          break;
        }
        handed.add(next);
        batch.add(next.handOver(this));
        progress.handed(next);
        demand--;
      }
    }
    if (batch.isEmpty()) {
      return;
    }
    if (!Listeners.call(() -> gate.whileOpen(() -> listener.onDeliveries(batch)))) {
      batch.forEach(one -> one.release(Duration.ZERO));
    }
    watchLeases();
  }

  private void watchLeases() {
    synchronized (this) {
      if (isWatched || handed.isEmpty()) {
        return;
      }
      isWatched = true;
    }
    scheduleLook(membership.lease());
  }

  private void scheduleLook(Duration delay) {
    var unused = loop.schedule(delay, this::lookAtLeases);
  }

  private void lookAtLeases() {
    long least = membership.lease().toNanos();
    boolean lapsed = false;
    boolean goesOn;
    synchronized (this) {
      for (HeldMessage held : List.copyOf(handed)) {
        long rest = held.left();
        if (rest <= 0) {
          handed.remove(held);
          held.free();
          waits(held, Duration.ZERO);
          lapsed = true;
        } else {
          least = Math.min(least, rest);
        }
      }
      goesOn = !handed.isEmpty();
      isWatched = goesOn;
    }
    if (goesOn) {
      scheduleLook(Duration.ofNanos(least).plusMillis(1));
    }
    if (lapsed) {
      pump();
      leaveOnceDone();
    }
  }

  // What its reader says, on its thread

  /**
   * Partitions of which nothing is to be fetched now: enough waits, or so much is completed here
   * and there that little more could be written down.
   */
  synchronized Set<TopicPartition> tooFull() {
    if (isEnding || waiting.isFull() || brokenRecords.isFull()) {
      return progress.partitions();
    }
    Set<TopicPartition> full = new HashSet<>(waiting.full());
    full.addAll(progress.scattered());
    return full;
  }

  MemberProgress progress() {
    return progress;
  }

  void fetched(List<HeldMessage> more) {
    synchronized (this) {
      for (HeldMessage one : more) {
        long offset = one.place().offset();
        if (progress.isOpen(one.partition(), offset)) {
          one.attemptedBefore(progress.attempts(one.partition(), offset));
          waiting.add(one);
        }
      }
    }
    pump();
  }

  void broken(TopicPartition partition, ConsumerRecord<byte[], byte[]> record, BadMessage broken) {
    if (progress.isOpen(partition, record.offset())) {
      brokenRecords.add(record, broken, () -> progress.done(partition, record.offset()));
    }
  }

  void assigned(Map<TopicPartition, PartitionProgress> more, Set<TopicPartition> fresh) {
    progress.add(more, fresh, membership);
    log.debug("stream group={} has partitions={}", membership.group(), more.keySet());
  }

  /** It is in its group, though perhaps without a partition. */
  void begins() {
    loop.execute(
        () -> {
          if (!gate.isClosed()) {
            listener.onConnected();
          }
          ready.complete(null);
        });
  }

  /** Kafka answers again. */
  void back() {
    if (ready.isDone()) {
      begins();
    }
  }

  /** It may not be in its group. */
  void refused(LeatException cause) {
    ready.completeExceptionally(cause);
    loop.execute(
        () -> {
          if (!gate.isClosed()) {
            gate.close();
            listener.onEnded(cause);
          }
        });
  }

  void lost() {
    loop.execute(
        () -> {
          if (!gate.isClosed()) {
            listener.onLost();
          }
        });
  }

  /** Nothing more is handed over of partitions that others are to have. */
  synchronized void goes(Collection<TopicPartition> partitions) {
    going.addAll(partitions);
    waiting.removeAll(partitions);
  }

  synchronized boolean isAtWorkOn(Collection<TopicPartition> going) {
    return handed.stream().anyMatch(one -> going.contains(one.partition()));
  }

  /** Partitions that others have from now on: what was fetched of them is theirs. */
  synchronized void revoked(Collection<TopicPartition> gone) {
    progress.remove(gone);
    going.removeAll(gone);
    waiting.removeAll(gone);
    brokenRecords.removeAll(gone);
    handed.removeIf(one -> goes(one, gone));
  }

  private static boolean goes(HeldMessage one, Collection<TopicPartition> gone) {
    boolean isGone = gone.contains(one.partition());
    if (isGone) {
      one.goes();
    }
    return isGone;
  }

  void left() {
    revoked(progress.partitions());
    brokenRecords.close();
    if (transactions != null) {
      transactions.close();
    }
    left.complete(null);
  }
}
