package dev.leat.kafka;

import dev.leat.Durations;
import dev.leat.Message;
import dev.leat.broker.Append;
import dev.leat.broker.Completion;
import dev.leat.broker.Delivery;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** One attempt; any thread. Whether it is still held is known by the member alone. */
final class KafkaDelivery implements Delivery {
  private final KafkaMember member;
  private final HeldMessage held;
  private final int attempt;
  private final AtomicBoolean ended = new AtomicBoolean();
  private volatile long leaseEnd;
  private volatile boolean ending;

  // Of whoever ends it, which one does at a time.
  private volatile @Nullable Completion under;
  private final AtomicInteger appended = new AtomicInteger();

  KafkaDelivery(KafkaMember member, HeldMessage held, int attempt) {
    this.member = member;
    this.held = held;
    this.attempt = attempt;
    beginLease();
  }

  void beginLease() {
    leaseEnd = System.nanoTime() + Durations.bounded(member.membership().lease()).toNanos();
  }

  /** Nanoseconds that are left of its lease, which does not lapse while it is being ended. */
  long left() {
    return ending ? Long.MAX_VALUE : leaseEnd - System.nanoTime();
  }

  /** It is being ended, in one way or the other; for its member, which holds it. */
  void beginsToEnd() {
    ending = true;
  }

  /** It was not ended. */
  void endsNot() {
    ending = false;
  }

  HeldMessage held() {
    return held;
  }

  @Override
  public Message message() {
    return held.message();
  }

  @Override
  public String entryId() {
    return held.place().toString();
  }

  @Override
  public int attempt() {
    return attempt;
  }

  @Override
  public Instant acceptedAt() {
    return held.acceptedAt();
  }

  boolean isHeld() {
    return held.isOf(this) && left() > 0;
  }

  /** Appends first: whoever dies in between has its message handed over once more. */
  @Override
  public CompletionStage<Boolean> complete(Completion completion) {
    if (!ended.compareAndSet(false, true) || !isHeld()) {
      return CompletableFuture.completedStage(false);
    }
    return ended(completion).exceptionallyCompose(this::mayBeEndedAgain);
  }

  private CompletionStage<Boolean> ended(Completion completion) {
    CompletionTransactions transactions = member.transactions();
    boolean isEmpty = completion.appends().isEmpty() && completion.notes().isEmpty();
    return transactions == null || isEmpty
        ? inOrder(completion).thenApply(there -> isHeld() && member.completed(this))
        : transactions.complete(this, steps(completion));
  }

  /**
   * Replies last: who reads one finds what was sent with it, and is known again who asks once more.
   * What is kept of the answer comes after what was sent: who finds that does not send it again.
   */
  private List<Append> steps(Completion completion) {
    if (completion.notes().isEmpty()) {
      return completion.appends();
    }
    List<Append> all = new ArrayList<>();
    List<Append> replies = new ArrayList<>();
    for (Append one : completion.appends()) {
      (member.broker().isForReplies(TopicNames.of(one.stream())) ? replies : all).add(one);
    }
    completion.notes().forEach(note -> all.add(NoteRecord.of(note).written()));
    all.addAll(replies);
    return all;
  }

  /**
   * Each once the one before is there; those that are there from an attempt before are left out.
   */
  private CompletionStage<?> inOrder(Completion completion) {
    if (!completion.equals(under)) {
      under = completion;
      appended.set(0);
    }
    List<Append> steps = steps(completion);
    CompletionStage<?> sent = CompletableFuture.completedStage(true);
    for (Append next : steps.subList(appended.get(), steps.size())) {
      sent =
          sent.thenCompose(before -> member.broker().append(List.of(next)))
              .thenAccept(there -> appended.incrementAndGet());
    }
    return sent;
  }

  private <T> CompletionStage<T> mayBeEndedAgain(Throwable failure) {
    ended.set(false);
    return CompletableFuture.failedStage(KafkaFailures.of(failure));
  }

  @Override
  public CompletionStage<Boolean> release(Duration delay) {
    return giveBack(delay, false);
  }

  @Override
  public CompletionStage<Boolean> decline(Duration delay) {
    return giveBack(delay, true);
  }

  private CompletionStage<Boolean> giveBack(Duration delay, boolean isDeclined) {
    if (!ended.compareAndSet(false, true)) {
      return CompletableFuture.completedStage(false);
    }
    return CompletableFuture.completedStage(
        isHeld() && member.released(this, Durations.bounded(delay), isDeclined));
  }

  @Override
  public CompletionStage<Boolean> extend() {
    return CompletableFuture.completedStage(!ended.get() && member.extended(this));
  }
}
