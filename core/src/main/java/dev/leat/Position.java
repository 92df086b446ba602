package dev.leat;

import java.time.Instant;

/** Where reading begins. */
public sealed interface Position {
  /** Before the oldest entry that is still there. */
  Position START = new Start();

  /** Behind the newest entry: only what comes from now on. */
  Position NOW = new Now();

  /** Right behind this entry, whether or not it is still there. */
  static Position after(String entryId) {
    return new After(entryId);
  }

  /**
   * What came at a time or later, by the broker's clock. Needs {@link
   * dev.leat.broker.Capability#TIME_POSITION}.
   */
  static Position at(Instant time) {
    return new At(time);
  }

  /** See {@link #START}. */
  record Start() implements Position {}

  /** See {@link #NOW}. */
  record Now() implements Position {}

  /** See {@link #after}. */
  record After(String entryId) implements Position {}

  /** See {@link #at}. */
  record At(Instant time) implements Position {}
}
