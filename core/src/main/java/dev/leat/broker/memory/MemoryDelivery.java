package dev.leat.broker.memory;

import dev.leat.Durations;
import dev.leat.Message;
import dev.leat.broker.Completion;
import dev.leat.broker.Delivery;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** One attempt; it holds its message as long as the group says so. */
final class MemoryDelivery implements Delivery {
  private final Member member;
  private final Group group;
  private final Group.Pending pending;
  private final Message message;
  private final String entryId;
  private final Instant acceptedAt;
  private final int attempt;
  private final int handed;

  MemoryDelivery(
      Member member,
      Group group,
      Group.Pending pending,
      Message message,
      String entryId,
      Instant acceptedAt) {
    this.member = member;
    this.group = group;
    this.pending = pending;
    this.message = message;
    this.entryId = entryId;
    this.acceptedAt = acceptedAt;
    this.attempt = pending.attempt();
    this.handed = pending.handed();
  }

  @Override
  public Message message() {
    return message;
  }

  @Override
  public String entryId() {
    return entryId;
  }

  @Override
  public Instant acceptedAt() {
    return acceptedAt;
  }

  @Override
  public int attempt() {
    return attempt;
  }

  @Override
  public CompletionStage<Boolean> complete(Completion completion) {
    return member.stream().complete(this, completion);
  }

  @Override
  public CompletionStage<Boolean> release(Duration delay) {
    return CompletableFuture.completedStage(
        member.stream().release(this, Durations.bounded(delay)));
  }

  @Override
  public CompletionStage<Boolean> decline(Duration delay) {
    return CompletableFuture.completedStage(
        member.stream().decline(this, Durations.bounded(delay)));
  }

  @Override
  public CompletionStage<Boolean> extend() {
    return CompletableFuture.completedStage(member.stream().extend(this));
  }

  int handed() {
    return handed;
  }

  Member member() {
    return member;
  }

  Group group() {
    return group;
  }

  Group.Pending pending() {
    return pending;
  }
}
