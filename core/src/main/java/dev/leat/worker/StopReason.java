package dev.leat.worker;

/** Why work on a delivery is stopped from outside. */
enum StopReason {
  /** Whoever asked has gone. */
  CANCELLED,
  /** Nobody waits any more. */
  EXPIRED,
  /** The attempt has taken longer than its handler may. */
  TIMED_OUT,
  /** The worker closes, and others are to go on. */
  GIVEN_BACK
}
