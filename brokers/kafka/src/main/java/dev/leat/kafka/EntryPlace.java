package dev.leat.kafka;

import dev.leat.BadMessage;
import java.util.Comparator;

/**
 * An entry's place: {@code milliseconds-partition-offset}. Those of all partitions stand in one
 * order, by time, so that a stream can be read on behind any of them.
 *
 * @param millis when Kafka took it, by its clock
 */
record EntryPlace(long millis, int partition, long offset) implements Comparable<EntryPlace> {
  private static final Comparator<EntryPlace> ORDER =
      Comparator.comparingLong(EntryPlace::millis)
          .thenComparingInt(EntryPlace::partition)
          .thenComparingLong(EntryPlace::offset);

  /**
   * Reads one.
   *
   * @throws BadMessage if it is none
   */
  static EntryPlace parse(String text) {
    if (!text.matches("[0-9]{1,18}-[0-9]{1,9}-[0-9]{1,18}")) {
      throw new BadMessage("'" + text + "' is not the id of an entry");
    }
    int first = text.indexOf('-');
    int second = text.indexOf('-', first + 1);
    return new EntryPlace(
        Long.parseLong(text.substring(0, first)),
        Integer.parseInt(text.substring(first + 1, second)),
        Long.parseLong(text.substring(second + 1)));
  }

  @Override
  public int compareTo(EntryPlace that) {
    return ORDER.compare(this, that);
  }

  @Override
  public String toString() {
    return millis + "-" + partition + "-" + offset;
  }
}
