package dev.leat;

import java.time.Duration;

/** What happens to a member of a worker, rather than to its messages. */
public sealed interface WorkerEvent {
  /** The topic that the member reads. */
  Topic topic();

  /** The member's name within its group. */
  String member();

  /** It reads: for the first time, or again. */
  record Connected(Topic topic, String member) implements WorkerEvent {}

  /** The broker is not there any more; the member goes on by itself once it is. */
  record Lost(Topic topic, String member) implements WorkerEvent {}

  /**
   * It could not go on.
   *
   * @param cause why
   * @param pause until it is started again
   */
  record Crashed(Topic topic, String member, Throwable cause, Duration pause)
      implements WorkerEvent {}

  /**
   * It was told to end and has.
   *
   * @param givenBack messages that were not finished in time and go to other members
   */
  record Drained(Topic topic, String member, int givenBack) implements WorkerEvent {}
}
