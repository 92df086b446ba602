package dev.leat.broker;

import dev.leat.Message;
import dev.leat.Problem;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionStage;

/**
 * One attempt to hand one message to one member of a group.
 *
 * <p>Any thread. End it exactly once, by {@link #complete}, {@link #release} or {@link #reject}.
 * Each of them answers {@code true} if this delivery was still held, and {@code false} if it had
 * been ended before or its lease had lapsed, so that somebody else has the message; with {@link
 * Capability#ATOMIC_COMPLETION} nothing was appended then.
 */
public interface Delivery {
  /** What was handed over. */
  Message message();

  /** How often this message has been handed over to the group, this time included. */
  int attempt();

  /** The work is done: appends the replies, in order, then takes the message off the group. */
  CompletionStage<Boolean> complete(List<Append> replies);

  /** The work is not done: the message goes to whichever member is next, after a delay. */
  CompletionStage<Boolean> release(Duration delay);

  /**
   * The work cannot be done: the message goes to the topic's dead letters with its cause, and its
   * sender, if it waits, gets the problem as its reply.
   */
  CompletionStage<Boolean> reject(Problem cause);

  /** The work goes on: the lease begins anew. Answers whether it was still held. */
  CompletionStage<Boolean> extend();
}
