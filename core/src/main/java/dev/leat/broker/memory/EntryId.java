package dev.leat.broker.memory;

import dev.leat.BadMessage;
import java.time.Instant;

/**
 * An entry's place, as Redis writes it: {@code milliseconds-sequence}.
 *
 * @param millis epoch milliseconds of the append
 * @param sequence tells apart what was appended within one millisecond
 */
record EntryId(long millis, long sequence) implements Comparable<EntryId> {
  static EntryId parse(String text) {
    int dash = text.indexOf('-');
    try {
      return dash < 0
          ? new EntryId(Long.parseLong(text), 0)
          : new EntryId(
              Long.parseLong(text.substring(0, dash)), Long.parseLong(text.substring(dash + 1)));
    } catch (NumberFormatException malformed) {
      throw new BadMessage("'" + text + "' is not the id of an entry", malformed);
    }
  }

  /** The last that there can be before a time. */
  static EntryId before(Instant time) {
    return new EntryId(time.toEpochMilli() - 1, Long.MAX_VALUE);
  }

  /** The id that follows this one, never earlier than the clock. */
  EntryId next(long now) {
    return now > millis ? new EntryId(now, 0) : new EntryId(millis, sequence + 1);
  }

  @Override
  public int compareTo(EntryId that) {
    int byTime = Long.compare(millis, that.millis);
    return byTime != 0 ? byTime : Long.compare(sequence, that.sequence);
  }

  @Override
  public String toString() {
    return millis + "-" + sequence;
  }
}
