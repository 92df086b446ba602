package dev.leat.broker.memory;

import dev.leat.broker.Broker;
import dev.leat.broker.Entry;
import java.util.List;

/** As much as is read at a time, by its bytes: {@link Broker#RANGE_BYTES}. For one thread. */
final class Portion {
  private long bytes;

  /** Whether it is enough with an entry more. */
  boolean isFullWith(Entry entry) {
    bytes += entry.message().payload().size();
    return isFull();
  }

  boolean isFull() {
    return bytes >= Broker.RANGE_BYTES;
  }

  /** Whether some are enough. */
  static boolean isFull(List<Entry> entries) {
    Portion portion = new Portion();
    return entries.stream().anyMatch(portion::isFullWith);
  }

  /** The first of some entries: all, if they are not more. */
  static List<Entry> of(List<Entry> entries) {
    Portion portion = new Portion();
    for (int i = 0; i < entries.size(); i++) {
      if (portion.isFullWith(entries.get(i))) {
        return List.copyOf(entries.subList(0, i + 1));
      }
    }
    return entries;
  }
}
