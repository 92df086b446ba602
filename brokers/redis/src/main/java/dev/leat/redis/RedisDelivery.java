package dev.leat.redis;

import dev.leat.Dialect;
import dev.leat.Durations;
import dev.leat.Message;
import dev.leat.StreamRef;
import dev.leat.broker.Append;
import dev.leat.broker.Completion;
import dev.leat.broker.Delivery;
import dev.leat.broker.Membership;
import dev.leat.wire.StreamEntry;
import io.vertx.core.Future;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;

/** One attempt; any thread. The server knows who has the entry, this knows whether it was ended. */
final class RedisDelivery implements Delivery {
  private final RedisMember member;
  private final Message message;
  private final Dialect dialect;
  private final Lease lease;
  private final AtomicBoolean ended = new AtomicBoolean();

  RedisDelivery(RedisMember member, Claims.Claimed claimed, Message message, Lease lease) {
    this.member = member;
    this.message = message;
    this.dialect = StreamEntry.dialect(claimed.entry().content());
    this.lease = lease;
  }

  @Override
  public Message message() {
    return message;
  }

  @Override
  public String entryId() {
    return lease.id();
  }

  /** An entry's id begins with the time of the server. */
  @Override
  public Instant acceptedAt() {
    String id = lease.id();
    return Instant.ofEpochMilli(Long.parseLong(id.substring(0, id.indexOf('-'))));
  }

  @Override
  public int attempt() {
    return lease.attempt();
  }

  @Override
  public CompletionStage<Boolean> complete(Completion completion) {
    if (!ended.compareAndSet(false, true)) {
      return CompletableFuture.completedStage(false);
    }
    Completion inKind = new Completion(inKind(completion.appends()), completion.notes());
    return member
        .completions()
        .complete(lease, inKind, completed -> onEnd(completed))
        .exceptionallyCompose(this::mayBeEndedAgain);
  }

  private void onEnd(boolean completed) {
    member.forget(lease.id(), this);
    if (completed) {
      member.completed(lease);
    }
  }

  /**
   * What could not be ended is not this member's any more once its lease has lapsed; until then.
   */
  private <T> CompletionStage<T> mayBeEndedAgain(Throwable failure) {
    ended.set(false);
    return CompletableFuture.failedStage(failure);
  }

  @Override
  public CompletionStage<Boolean> release(Duration delay) {
    return giveBack(delay, lease.attempt(), () -> member.claimAfter(delay));
  }

  @Override
  public CompletionStage<Boolean> decline(Duration delay) {
    return giveBack(delay, lease.attempt() - 1, () -> member.callFor(message.type(), delay));
  }

  /**
   * Others are to have it.
   *
   * @param attempts that count from now on
   * @param then done once it is given back
   */
  private CompletionStage<Boolean> giveBack(Duration longest, int attempts, Runnable then) {
    Duration delay = Durations.bounded(longest);
    if (!ended.compareAndSet(false, true)) {
      return CompletableFuture.completedStage(false);
    }
    AtomicBoolean lost = new AtomicBoolean();
    return member
        .io()
        .ask(
            () ->
                RetryOnLoss.within(
                        member.io().vertx(),
                        member.control(),
                        membership().lease(),
                        () ->
                            released(delay, attempts).onFailure(failure -> noteLost(failure, lost)))
                    // What was released already, though an answer was lost, was by ourselves.
                    .map(done -> done == 1 || (done == -1 && lost.get()))
                    .onComplete(
                        released -> {
                          member.forget(lease.id(), this);
                          if (released.succeeded() && released.result()) {
                            then.run();
                          }
                        }))
        .exceptionallyCompose(this::mayBeEndedAgain);
  }

  private static void noteLost(Throwable failure, AtomicBoolean lost) {
    if (failure instanceof RedisLost) {
      lost.set(true);
    }
  }

  private Future<Long> released(Duration delay, int attempts) {
    return Script.RELEASE
        .run(
            member.control(),
            List.of(member.stream(), Claims.delayed(membership())),
            command ->
                command
                    .and(membership().group(), membership().member(), lease.id())
                    .and(lease.attempt())
                    .and(delay.toMillis())
                    .and(attempts))
        .map(Resp::number);
  }

  @Override
  public CompletionStage<Boolean> extend() {
    if (ended.get()) {
      return CompletableFuture.completedStage(false);
    }
    long asked = System.nanoTime();
    return member
        .io()
        .ask(() -> member.completions().extend(lease.id(), lease.attempt()))
        .thenApply(
            still -> {
              if (still) {
                lease.beganAnew(asked);
              }
              return still;
            });
  }

  /** Whoever asked in a dialect is answered in it. Hot path: packed is what there is already. */
  private List<Append> inKind(List<Append> replies) {
    return dialect == Dialect.PACKED
        ? replies
        : replies.stream()
            .map(
                reply ->
                    reply.stream().equals(new StreamRef.At(message.destination()))
                        ? new Append(reply.stream(), reply.message(), dialect)
                        : reply)
            .toList();
  }

  private Membership membership() {
    return member.membership();
  }
}
