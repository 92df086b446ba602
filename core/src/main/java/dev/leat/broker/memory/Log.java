package dev.leat.broker.memory;

import dev.leat.Message;
import dev.leat.broker.Entry;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Entries in a ring that grows, each at an offset that never changes. Guarded by its stream's lock.
 */
final class Log {
  /** One whose message is null was taken out. */
  private record Slot(EntryId id, @Nullable Message message) {}

  private static final int FIRST_SIZE = 16;

  private @Nullable Slot[] ring = new Slot[FIRST_SIZE];

  /** Offset of the oldest entry that is still here. */
  private long head;

  /** Offset that the next entry gets. */
  private long end;

  private long bytes;
  private long takenOut;
  private EntryId lastId = new EntryId(0, 0);

  long head() {
    return head;
  }

  long end() {
    return end;
  }

  long size() {
    return end - head;
  }

  /** Entries that were not taken out. */
  long present() {
    return size() - takenOut;
  }

  long bytes() {
    return bytes;
  }

  String append(Message message, long now) {
    if (size() == ring.length) {
      grow();
    }
    lastId = lastId.next(now);
    ring[index(end)] = new Slot(lastId, message);
    end++;
    bytes += message.payload().size();
    return lastId.toString();
  }

  /** Null where it was taken out. */
  @Nullable Message message(long offset) {
    return slot(offset).message;
  }

  /** When it was appended. */
  Instant time(long offset) {
    return Instant.ofEpochMilli(slot(offset).id.millis());
  }

  /** Its place, as readers know it. */
  String id(long offset) {
    return slot(offset).id.toString();
  }

  /** What stands between two offsets, up to a limit. */
  List<Entry> entries(long from, long to, long limit) {
    List<Entry> entries = new ArrayList<>();
    for (long offset = from; offset < to && entries.size() < limit; offset++) {
      Slot slot = slot(offset);
      if (slot.message != null) {
        entries.add(new Entry(slot.id.toString(), slot.message, slot.id.millis()));
      }
    }
    return entries;
  }

  /** Takes an entry out; its place stays. */
  Optional<Message> remove(EntryId id) {
    long offset = offsetAfter(id) - 1;
    if (offset < head || !slot(offset).id.equals(id)) {
      return Optional.empty();
    }
    Message message = slot(offset).message;
    if (message != null) {
      ring[index(offset)] = new Slot(id, null);
      bytes -= message.payload().size();
      takenOut++;
    }
    return Optional.ofNullable(message);
  }

  /** Offset of the first entry behind an id; binary search, since ids ascend. */
  long offsetAfter(EntryId id) {
    long low = head;
    long high = end;
    while (low < high) {
      long middle = (low + high) >>> 1;
      if (slot(middle).id.compareTo(id) > 0) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return low;
  }

  void removeOldest() {
    Message oldest = slot(head).message;
    if (oldest == null) {
      takenOut--;
    } else {
      bytes -= oldest.payload().size();
    }
    ring[index(head)] = null;
    head++;
  }

  /** As if the newest had never been appended; its id is not given again. */
  void removeNewest() {
    Message newest = slot(end - 1).message;
    if (newest != null) {
      bytes -= newest.payload().size();
    }
    end--;
    ring[index(end)] = null;
  }

  private void grow() {
    @Nullable Slot[] larger = new Slot[ring.length * 2];
    for (long offset = head; offset < end; offset++) {
      larger[(int) (offset & (larger.length - 1))] = ring[index(offset)];
    }
    ring = larger;
  }

  private Slot slot(long offset) {
    return Objects.requireNonNull(ring[index(offset)], "an offset outside the log");
  }

  /** The ring's length is a power of two. */
  private int index(long offset) {
    return (int) (offset & (ring.length - 1));
  }
}
