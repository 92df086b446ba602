package dev.leat.broker;

import dev.leat.Message;
import java.time.Instant;
import java.util.Optional;

/**
 * A message that a group has not completed.
 *
 * @param entryId its place in its stream
 * @param acceptedAt when the stream took it, in the broker's time
 * @param message what it is, without its payload; of an entry that breaks the protocol or is gone
 *     nothing but an id, which is its place where its own cannot be read
 * @param state how it stands
 * @param attempt how often it was handed over
 * @param member that it was handed to last, of one that is running or abandoned
 * @param due when its next attempt is, of one that is delayed; in the broker's time
 */
public record OpenMessage(
    String entryId,
    Instant acceptedAt,
    Message message,
    State state,
    int attempt,
    Optional<String> member,
    Optional<Instant> due) {
  /** How an open message stands with a group. */
  public enum State {
    /** For somebody who asks for more. */
    WAITING,
    /** By order: another of its key comes first. */
    HELD_BACK,
    /** At a member that is there. */
    RUNNING,
    /** Until its next attempt. */
    DELAYED,
    /**
     * By a member that is gone, which is seen some seconds after it has died: another gets it once
     * the lease has lapsed.
     */
    ABANDONED
  }
}
