package dev.leat.kafka;

import dev.leat.Durations;
import dev.leat.Message;
import dev.leat.broker.Append;
import dev.leat.broker.Capability;
import dev.leat.broker.Completion;
import dev.leat.broker.Delivery;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;

/** One attempt; any thread. Whether it is still held is known by the member alone. */
final class KafkaDelivery implements Delivery {
  private final KafkaMember member;
  private final HeldMessage held;
  private final int attempt;
  private final AtomicBoolean ended = new AtomicBoolean();
  private volatile long leaseEnd;

  KafkaDelivery(KafkaMember member, HeldMessage held, int attempt) {
    this.member = member;
    this.held = held;
    this.attempt = attempt;
    beginLease();
  }

  void beginLease() {
    leaseEnd = System.nanoTime() + Durations.bounded(member.membership().lease()).toNanos();
  }

  /** Nanoseconds that are left of its lease. */
  long left() {
    return leaseEnd - System.nanoTime();
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
    if (!completion.notes().isEmpty()) {
      return CompletableFuture.failedStage(Capability.NOTES.missing());
    }
    CompletionStage<?> sent =
        completion.appends().isEmpty()
            ? CompletableFuture.completedStage(true)
            : inOrder(completion.appends());
    return sent.<Boolean>thenApply(there -> isHeld() && member.completed(this))
        .exceptionallyCompose(this::mayBeEndedAgain);
  }

  /** Each once the one before is there: who reads a reply finds what was sent with it. */
  private CompletionStage<?> inOrder(List<Append> appends) {
    CompletionStage<?> sent = member.broker().append(List.of(appends.getFirst()));
    for (Append next : appends.subList(1, appends.size())) {
      sent = sent.thenCompose(there -> member.broker().append(List.of(next)));
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
