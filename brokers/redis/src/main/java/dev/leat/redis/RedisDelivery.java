package dev.leat.redis;

import dev.leat.Dialect;
import dev.leat.Message;
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
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** One attempt; any thread. The server knows who has the entry, this knows whether it was ended. */
final class RedisDelivery implements Delivery {
  private final RedisMember member;
  private final String id;
  private final Message message;
  private final int attempt;
  private final Dialect dialect;
  private final String place;
  private final AtomicBoolean ended = new AtomicBoolean();

  /** No later than the beginning of its lease, in nanoseconds. */
  private volatile long leasedSince;

  RedisDelivery(RedisMember member, Claims.Claimed claimed, Message message, long since) {
    this.member = member;
    this.id = claimed.entry().id();
    this.message = message;
    this.attempt = claimed.attempt();
    this.dialect = StreamEntry.dialect(claimed.entry().content());
    this.place = claimed.place();
    this.leasedSince = since;
  }

  @Override
  public Message message() {
    return message;
  }

  /** An entry's id begins with the time of the server. */
  @Override
  public Instant acceptedAt() {
    return Instant.ofEpochMilli(Long.parseLong(id.substring(0, id.indexOf('-'))));
  }

  @Override
  public int attempt() {
    return attempt;
  }

  @Override
  public CompletionStage<Boolean> complete(Completion completion) {
    if (!ended.compareAndSet(false, true)) {
      return CompletableFuture.completedStage(false);
    }
    Completion inKind = new Completion(inKind(completion.appends()), completion.notes());
    return member
        .completions()
        .complete(id, attempt, this::isFresh, inKind)
        .whenComplete(
            (done, failure) -> {
              onEnd(failure);
              if (failure == null && done) {
                member.freed(place);
              }
            });
  }

  @Override
  public CompletionStage<Boolean> release(Duration delay) {
    return end(() ->
            Script.RELEASE
                .run(
                    member.control(),
                    List.of(member.stream(), Claims.delayed(membership())),
                    command ->
                        command
                            .and(membership().group(), membership().member(), id)
                            .and(attempt)
                            .and(delay.toMillis()))
                .map(released -> released.number() == 1))
        .thenApply(
            released -> {
              if (released) {
                member.claimAfter(delay);
              }
              return released;
            });
  }

  @Override
  public CompletionStage<Boolean> extend() {
    if (ended.get()) {
      return CompletableFuture.completedStage(false);
    }
    long asked = System.nanoTime();
    return member
        .io()
        .ask(() -> member.completions().extend(id, attempt))
        .thenApply(
            still -> {
              if (still) {
                leasedSince = asked;
              }
              return still;
            });
  }

  /** Half of the lease is left for the way to the server, and for this program to be stopped. */
  private boolean isFresh() {
    return System.nanoTime() - leasedSince < membership().lease().toNanos() / 2;
  }

  /** Whoever asked in a dialect is answered in it. Hot path: packed is what there is already. */
  private List<Append> inKind(List<Append> replies) {
    return dialect == Dialect.PACKED
        ? replies
        : replies.stream()
            .map(
                reply ->
                    reply.stream().equals(message.destination())
                        ? new Append(reply.stream(), reply.message(), dialect)
                        : reply)
            .toList();
  }

  private CompletionStage<Boolean> end(Supplier<Future<Boolean>> ending) {
    if (!ended.compareAndSet(false, true)) {
      return CompletableFuture.completedStage(false);
    }
    AtomicInteger tries = new AtomicInteger();
    return member
        .io()
        .ask(
            () ->
                Again.within(
                        member.io().vertx(),
                        member.control(),
                        membership().lease(),
                        () -> {
                          tries.incrementAndGet();
                          return ending.get();
                        })
                    // What is not held any more after an answer was lost was ended by ourselves.
                    .map(done -> done || tries.get() > 1))
        .whenComplete((done, failure) -> onEnd(failure));
  }

  private void onEnd(@Nullable Throwable failure) {
    if (failure == null) {
      member.forget(id, this);
    } else {
      ended.set(false);
    }
  }

  private Membership membership() {
    return member.membership();
  }
}
