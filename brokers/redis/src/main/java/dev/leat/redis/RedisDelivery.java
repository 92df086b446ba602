package dev.leat.redis;

import dev.leat.Dialect;
import dev.leat.Message;
import dev.leat.Problem;
import dev.leat.Topic;
import dev.leat.broker.Append;
import dev.leat.broker.Delivery;
import dev.leat.broker.Membership;
import dev.leat.wire.DeadLetter;
import dev.leat.wire.ProblemReply;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;

/** One attempt; any thread. The server knows who has the entry, this knows whether it was ended. */
final class RedisDelivery implements Delivery {
  private final RedisMember member;
  private final String id;
  private final Message message;
  private final int attempt;
  private final Dialect dialect;
  private final AtomicBoolean ended = new AtomicBoolean();
  private volatile long leaseUntil;

  RedisDelivery(RedisMember member, String id, Message message, int attempt, Dialect dialect) {
    this.member = member;
    this.id = id;
    this.message = message;
    this.attempt = attempt;
    this.dialect = dialect;
    beginLease();
  }

  @Override
  public Message message() {
    return message;
  }

  @Override
  public int attempt() {
    return attempt;
  }

  @Override
  public CompletionStage<Boolean> complete(List<Append> replies) {
    return end(() -> member.completions().complete(id, inKind(replies)));
  }

  @Override
  public CompletionStage<Boolean> release(Duration delay) {
    long lease = membership().lease().toMillis();
    // Idle for so long already that, after the delay, it has been idle for a lease.
    long idle = Math.max(0, lease - delay.toMillis());
    return end(() ->
            claimed(
                Command.of("XCLAIM", member.stream(), membership().group())
                    .and(membership().member(), "0", id, "IDLE")
                    .and(idle)
                    .and("JUSTID")))
        .thenApply(
            released -> {
              if (released) {
                member.claimAfter(delay);
              }
              return released;
            });
  }

  @Override
  public CompletionStage<Boolean> reject(Problem cause) {
    Topic topic = membership().topic();
    List<Append> appends = new ArrayList<>(2);
    appends.add(
        new Append(
            topic.deadLetters(),
            DeadLetter.of(message, cause, attempt, member.clockLoop().clock().instant())));
    if (message.wantsReply()) {
      appends.add(
          new Append(message.destination(), ProblemReply.to(message, cause, topic.toString())));
    }
    return complete(appends);
  }

  /** A lease that has lapsed is not taken back: by now another may be at work. */
  @Override
  public CompletionStage<Boolean> extend() {
    if (ended.get() || member.clockLoop().clock().millis() > leaseUntil) {
      return CompletableFuture.completedStage(false);
    }
    return member
        .io()
        .ask(
            () ->
                claimed(
                    Command.of("XCLAIM", member.stream(), membership().group())
                        .and(membership().member(), "0", id, "JUSTID")))
        .thenApply(
            still -> {
              if (still) {
                beginLease();
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
                    reply.stream().equals(message.destination())
                        ? new Append(reply.stream(), reply.message(), dialect)
                        : reply)
            .toList();
  }

  private CompletionStage<Boolean> end(Supplier<Future<Boolean>> ending) {
    if (!ended.compareAndSet(false, true)) {
      return CompletableFuture.completedStage(false);
    }
    return member
        .io()
        .ask(ending)
        .whenComplete(
            (done, failure) -> {
              if (failure == null) {
                member.forget(id, this);
              } else {
                ended.set(false);
              }
            });
  }

  private Future<Boolean> claimed(Command claim) {
    return member.control().send(claim).map(ids -> !ids.items().isEmpty());
  }

  private void beginLease() {
    leaseUntil = member.clockLoop().clock().millis() + membership().lease().toMillis();
  }

  private Membership membership() {
    return member.membership();
  }
}
