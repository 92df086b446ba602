package dev.leat;

import java.time.Instant;

/** The terminal outcomes of a request; every accepted request reaches exactly one. */
public sealed interface Outcome {
  /** A worker answered, be it with a problem. */
  record Replied(Message reply) implements Outcome {}

  /** It ran out of attempts, or could not be read, and stands among the dead letters. */
  record DeadLettered(Problem cause, int attempts) implements Outcome {}

  /** Its deadline passed before there was a reply. */
  record Expired(Instant deadline) implements Outcome {}

  /** Its caller went away first. */
  record Cancelled() implements Outcome {}
}
