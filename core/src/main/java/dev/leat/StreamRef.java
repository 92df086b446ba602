package dev.leat;

/**
 * A stream, by what it is for: what it is called, a broker alone knows. Two that are equal are one
 * stream. The streams of a topic come from its {@link Topic}.
 */
public sealed interface StreamRef {
  /** A stream of a topic. */
  sealed interface OfTopic extends StreamRef {
    /** Whose it is. */
    Topic topic();
  }

  /**
   * Requests to a topic.
   *
   * @param topic whose workers handle them
   */
  record Incoming(Topic topic) implements OfTopic {}

  /**
   * Messages of a topic that were given up.
   *
   * @param topic whose workers gave them up
   * @param dialect which these workers speak: those of {@link Dialect#NAMED} keep theirs apart
   */
  record DeadLetters(Topic topic, Dialect dialect) implements OfTopic {}

  /**
   * Marks of attempts that failed and were made again: {@link dev.leat.wire.FailedAttempt}.
   *
   * @param topic whose workers made them
   */
  record FailedAttempts(Topic topic) implements OfTopic {}

  /**
   * Replies of a topic that everyone may read.
   *
   * @param topic whose workers answer there
   */
  record SharedReplies(Topic topic) implements OfTopic {}

  /**
   * A stream that a message names.
   *
   * @param address as its broker writes it, such as a {@link Message#destination}
   */
  record At(String address) implements StreamRef {}
}
