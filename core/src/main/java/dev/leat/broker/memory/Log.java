package dev.leat.broker.memory;

import dev.leat.Message;
import dev.leat.broker.Entry;
import dev.leat.broker.OpenMessage;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Entries in a ring that grows, each at an offset that never changes. A few that are needed for
 * longer than what came after them are set aside, so that they do not keep that here. Guarded by
 * its stream's lock.
 */
final class Log {
  /** An entry; one whose message is null was taken out. */
  static final class Slot extends Changes.Placed {
    private final EntryId id;
    private @Nullable Message message;

    private Slot(EntryId id, @Nullable Message message) {
      this.id = id;
      this.message = message;
    }

    EntryId id() {
      return id;
    }

    boolean isThere() {
      return message != null;
    }

    /** Its message, of one that was not taken out. */
    Message present() {
      return Objects.requireNonNull(message, "it was taken out");
    }
  }

  private static final int FIRST_SIZE = 16;

  private final Journal journal;
  private @Nullable Slot[] ring = new Slot[FIRST_SIZE];

  /** Those that were set aside, by their offsets, which are below the head. */
  private final TreeMap<Long, Slot> aside = new TreeMap<>();

  private final TreeMap<EntryId, Long> asideIds = new TreeMap<>();

  /** Once so much is on the disk, all are that were set aside. */
  private long asidePosition;

  /** Offset of the oldest entry in the ring. */
  private long head;

  /** Offset that the next entry gets. */
  private long end;

  private long bytes;
  private long takenOut;
  private EntryId lastId = new EntryId(0, 0);

  Log(Journal journal) {
    this.journal = journal;
  }

  EntryId lastId() {
    return lastId;
  }

  long head() {
    return head;
  }

  /** Offset of the oldest entry that is still here, or of the first that comes. */
  long first() {
    return aside.isEmpty() ? head : Math.min(head, aside.firstKey());
  }

  /** Whether an entry that is not here any more may have come after one. */
  boolean mayHaveHad(EntryId after) {
    return after.compareTo(size() == 0 ? lastId : slot(head).id) < 0;
  }

  long end() {
    return end;
  }

  long size() {
    return end - head;
  }

  /** Entries that were not taken out. */
  long present() {
    return presentInRing() + aside.size();
  }

  /** The same, but for those that were set aside. */
  long presentInRing() {
    return size() - takenOut;
  }

  /** Entries at an offset or behind it that were not taken out. */
  long presentFrom(long offset) {
    long from = Math.max(head, offset);
    long many = Math.max(0, end - from);
    if (takenOut > 0) {
      for (long at = from; at < end; at++) {
        many -= slot(at).message == null ? 1 : 0;
      }
    }
    return many;
  }

  /**
   * Offset of the first entry at one or behind it that was not taken out; the end if there is none.
   */
  long firstPresent(long offset) {
    long at = Math.min(Math.max(head, offset), end);
    while (takenOut > 0 && at < end && slot(at).message == null) {
      at++;
    }
    return at;
  }

  /** Places that entries take. */
  long places() {
    return size() + aside.size();
  }

  long bytes() {
    return bytes;
  }

  Slot append(Message message, long now) {
    if (size() == ring.length) {
      grow();
    }
    lastId = lastId.next(now);
    Slot slot = new Slot(lastId, message);
    ring[index(end)] = slot;
    end++;
    bytes += message.payload().size();
    return slot;
  }

  /** As it was when it was written down: it begins and ends there, and nothing is in it yet. */
  void restore(long first, long next, EntryId last) {
    head = first;
    end = first;
    extendTo(next);
    lastId = last;
  }

  /** Puts back an entry as it was written down; one that was set aside stays so. */
  Slot restore(long offset, EntryId id, Message message) {
    Slot slot = new Slot(id, message);
    if (offset < head) {
      letGo(offset);
      putAside(offset, slot);
    } else {
      extendTo(offset + 1);
      Slot before = ring[index(offset)];
      ring[index(offset)] = slot;
      if (before != null && before.message != null) {
        bytes -= before.message.payload().size();
        journal.gone(before);
      } else {
        takenOut--;
      }
    }
    bytes += message.payload().size();
    if (id.compareTo(lastId) > 0) {
      lastId = id;
    }
    return slot;
  }

  /** Places that nothing stands in, as if it had been taken out. */
  private void extendTo(long next) {
    while (end < next) {
      if (size() == ring.length) {
        grow();
      }
      ring[index(end)] = new Slot(lastId, null);
      end++;
      takenOut++;
    }
  }

  /** Places that nothing stands in have the id of what is before them, so that ids ascend. */
  void restored() {
    while (size() > 0 && slot(head).message == null) {
      removeOldest();
    }
    EntryId before = new EntryId(0, 0);
    for (long offset = head; offset < end; offset++) {
      if (slot(offset).message == null) {
        ring[index(offset)] = new Slot(before, null);
      }
      before = slot(offset).id;
    }
  }

  /** Where an entry stands in what is written down. */
  Changes.Placed placed(long offset) {
    return slot(offset);
  }

  /** Whether an entry stands at an offset. */
  boolean isThere(long offset) {
    return offset < head ? aside.containsKey(offset) : offset < end && slot(offset).message != null;
  }

  /** Null where it was taken out. */
  @Nullable Message message(long offset) {
    if (offset < head) {
      Slot slot = aside.get(offset);
      return slot == null ? null : slot.message;
    }
    return slot(offset).message;
  }

  /** Its message without the payload, for whoever wants to know what there is. */
  Message bare(long offset) {
    return slot(offset).present().withoutPayload();
  }

  /** What nobody was handed yet. */
  OpenMessage open(long offset) {
    return new OpenMessage(
        id(offset),
        time(offset),
        bare(offset),
        OpenMessage.State.WAITING,
        0,
        Optional.empty(),
        Optional.empty());
  }

  /** When it was appended. */
  Instant time(long offset) {
    return Instant.ofEpochMilli(slot(offset).id.millis());
  }

  /** Its place, as readers know it. */
  String id(long offset) {
    return slot(offset).id.toString();
  }

  /**
   * Some entries.
   *
   * @param next the offset that they are to be followed from
   */
  record Page(List<Entry> entries, long next) {}

  /** What stands between two offsets, up to a limit. */
  Page entries(long from, long to, long limit) {
    List<Entry> entries = new ArrayList<>();
    long next = from;
    if (from < head) {
      for (Map.Entry<Long, Slot> one : aside.subMap(from, Math.min(to, head)).entrySet()) {
        if (entries.size() >= limit) {
          return new Page(entries, next);
        }
        entries.add(entry(one.getValue()));
        next = one.getKey() + 1;
      }
      next = Math.min(to, head);
    }
    while (next < to && entries.size() < limit) {
      Slot slot = slot(next);
      if (slot.message != null) {
        entries.add(entry(slot));
      }
      next++;
    }
    return new Page(entries, next);
  }

  private static Entry entry(Slot slot) {
    return new Entry(slot.id.toString(), slot.present(), slot.id.millis());
  }

  /** Whether an entry is there. */
  boolean has(EntryId id) {
    return isThere(offsetOf(id));
  }

  /** The entry's place, -1 if it has none; of those that share an id the one that is there. */
  long offsetOf(EntryId id) {
    Long setAside = asideIds.get(id);
    if (setAside != null) {
      return setAside;
    }
    long offset = ringOffsetAfter(id) - 1;
    while (offset > head && slot(offset).message == null && slot(offset - 1).id.equals(id)) {
      offset--;
    }
    return offset >= head && slot(offset).id.equals(id) ? offset : -1;
  }

  /** Takes out an entry that is there; its place, which it gives, stays. */
  long remove(EntryId id) {
    long offset = offsetOf(id);
    remove(offset);
    return offset;
  }

  /** Takes out what stands at an offset, if anything does. */
  void remove(long offset) {
    if (offset < head) {
      letGo(offset);
      return;
    }
    Message message = slot(offset).message;
    if (message != null) {
      slot(offset).message = null;
      journal.gone(slot(offset));
      bytes -= message.payload().size();
      takenOut++;
    }
  }

  /** Its place in the ring, whether or not anything stands there. */
  Slot slotAt(long offset) {
    return slot(offset);
  }

  /** What was set aside, by offset. */
  Map<Long, Slot> aside() {
    return Collections.unmodifiableMap(aside);
  }

  /** Keeps the oldest of the ring, though what comes after it may go. */
  void setOldestAside() {
    Slot oldest = slot(head);
    if (oldest.message == null) {
      takenOut--;
    } else {
      putAside(head, oldest);
    }
    ring[index(head)] = null;
    head++;
  }

  /** Offset of the first from one on that was set aside and is not on the disk; else the head. */
  long asideOnDisk(long from) {
    if (journal.isDurable(asidePosition)) {
      return head;
    }
    for (Map.Entry<Long, Slot> one : aside.tailMap(from, true).entrySet()) {
      if (!journal.isDurable(one.getValue().position())) {
        return one.getKey();
      }
    }
    return head;
  }

  private void putAside(long offset, Slot slot) {
    asidePosition = Math.max(asidePosition, slot.position());
    aside.put(offset, slot);
    asideIds.put(slot.id, offset);
  }

  /** What was set aside there is not needed any more. */
  void letGo(long offset) {
    Slot slot = aside.remove(offset);
    if (slot != null) {
      asideIds.remove(slot.id);
      bytes -= slot.present().payload().size();
      journal.gone(slot);
    }
  }

  /** Offset of the first entry behind an id. */
  long offsetAfter(EntryId id) {
    Map.Entry<EntryId, Long> next = asideIds.higherEntry(id);
    return next == null ? ringOffsetAfter(id) : next.getValue();
  }

  /** Binary search, since ids ascend. */
  private long ringOffsetAfter(EntryId id) {
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
      journal.gone(slot(head));
      bytes -= oldest.payload().size();
    }
    ring[index(head)] = null;
    head++;
  }

  /** As if the newest had never been appended; its id is not given again. */
  void removeNewest() {
    if (size() == 0) {
      // It was let go for what was appended behind it.
      return;
    }
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
    if (offset < head) {
      return Objects.requireNonNull(aside.get(offset), "an offset outside the log");
    }
    return Objects.requireNonNull(ring[index(offset)], "an offset outside the log");
  }

  /** The ring's length is a power of two. */
  private int index(long offset) {
    return (int) (offset & (ring.length - 1));
  }
}
