package dev.leat.broker;

import dev.leat.Message;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletionStage;

/**
 * One attempt to hand one message to one member of a group.
 *
 * <p>Any thread. End it exactly once, by {@link #complete}, {@link #release} or {@link #decline}.
 * Each answers {@code true} if this delivery was still held, and {@code false} if it had been ended
 * before or its lease had lapsed, so that somebody else has the message; with {@link
 * Capability#ATOMIC_COMPLETION} nothing was appended then. One that fails has not ended it, and may
 * be tried again as long as its lease lasts; with that capability nothing was appended then either.
 */
public interface Delivery {
  /** What was handed over. */
  Message message();

  /** Its place in its stream: tells apart what was appended twice with one id. */
  String entryId();

  /** How often this message has been handed over to the group, this time included. */
  int attempt();

  /** When its stream took the message. */
  Instant acceptedAt();

  /**
   * The work is done, or given up: appends the replies, or the dead letter, in order, then takes
   * the message off the group.
   */
  CompletionStage<Boolean> complete(Completion completion);

  /** The same, with appends alone. */
  default CompletionStage<Boolean> complete(List<Append> appends) {
    return complete(Completion.of(appends));
  }

  /** The work is not done: the message goes to whichever member is next, after a delay. */
  CompletionStage<Boolean> release(Duration delay);

  /**
   * The member cannot do it, but others of its group can: as {@link #release}, and not counted as
   * an attempt.
   */
  CompletionStage<Boolean> decline(Duration delay);

  /** The work goes on: the lease begins anew. Answers whether it was still held. */
  CompletionStage<Boolean> extend();
}
