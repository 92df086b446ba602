package dev.leat.testkit.poor;

import dev.leat.Message;
import dev.leat.broker.Capability;
import dev.leat.broker.Completion;
import dev.leat.broker.Delivery;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * An attempt whose replies are sent before it is taken off: where its lease has lapsed meanwhile,
 * they are sent all the same.
 */
final class PoorDelivery implements Delivery {
  private final PoorMember member;
  private final Delivery inner;
  private final AtomicBoolean ended = new AtomicBoolean();
  private final AtomicBoolean waiting = new AtomicBoolean();

  PoorDelivery(PoorMember member, Delivery inner) {
    this.member = member;
    this.inner = inner;
  }

  @Override
  public Message message() {
    return inner.message();
  }

  @Override
  public String entryId() {
    return inner.entryId();
  }

  @Override
  public int attempt() {
    return inner.attempt();
  }

  @Override
  public Instant acceptedAt() {
    return inner.acceptedAt();
  }

  @Override
  public CompletionStage<Boolean> complete(Completion completion) {
    if (!completion.notes().isEmpty()) {
      return PoorBroker.missing(Capability.NOTES);
    }
    if (!ended.compareAndSet(false, true)) {
      return CompletableFuture.completedStage(false);
    }
    return member
        .appends()
        .append(completion.appends())
        .thenCompose(appended -> inner.complete(List.of()))
        .whenComplete(
            (done, failure) -> {
              if (failure != null) {
                ended.set(false);
              }
            });
  }

  @Override
  public CompletionStage<Boolean> release(Duration delay) {
    if (!ended.compareAndSet(false, true)) {
      return CompletableFuture.completedStage(false);
    }
    if (!delay.isPositive()) {
      return inner.release(Duration.ZERO);
    }
    return inner
        .extend()
        .thenApply(
            held -> {
              if (held) {
                waiting.set(true);
                member.waits(this);
                waitFor(delay);
              }
              return held;
            });
  }

  /** The lease is extended for as long, which ends with the member. */
  private void waitFor(Duration delay) {
    Duration step = member.membership().lease().dividedBy(3);
    boolean last = delay.compareTo(step) <= 0;
    member
        .loop()
        .schedule(
            last ? delay : step,
            () -> {
              if (last) {
                waitNoMore();
              } else if (waiting.get()) {
                var unused = inner.extend();
                waitFor(delay.minus(step));
              }
            });
  }

  void waitNoMore() {
    member.waitsNoMore(this);
    if (waiting.compareAndSet(true, false)) {
      var unused = inner.release(Duration.ZERO);
    }
  }

  /** Counted like any: such brokers know no other way to give back. */
  @Override
  public CompletionStage<Boolean> decline(Duration delay) {
    return release(delay);
  }

  @Override
  public CompletionStage<Boolean> extend() {
    return ended.get() ? CompletableFuture.completedStage(false) : inner.extend();
  }
}
