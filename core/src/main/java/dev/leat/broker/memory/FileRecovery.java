package dev.leat.broker.memory;

import dev.leat.BadConfiguration;
import dev.leat.BadMessage;
import dev.leat.wire.RecordReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.NavigableMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads what was written, oldest first, and makes it so again. What was not whole when the process
 * ended is left out; what was whole and is not any more is refused, and nothing is changed.
 */
final class FileRecovery {
  private static final Logger log = LoggerFactory.getLogger(FileRecovery.class);

  private final FileFolder folder;
  private final String name;
  private final MemoryBroker broker;
  private final SegmentTable segments;
  private int lastSegment;
  private long nextSequence = 1;

  /** The file that ends as it should, where that is the last that was read; else negative. */
  private int closedIn = -1;

  FileRecovery(FileFolder folder, String name, MemoryBroker broker, SegmentTable segments) {
    this.folder = folder;
    this.name = name;
    this.broker = broker;
    this.segments = segments;
  }

  /** Reads all of it, and cuts off what was not whole. */
  void read() throws IOException {
    NavigableMap<Integer, Path> all = folder.segments();
    all.keySet().forEach(segments::isThere);
    int oldestNeeded = oldestNeeded(all);
    NavigableMap<Integer, Path> files = all.tailMap(oldestNeeded, true);
    int expected = files.isEmpty() ? 0 : files.firstKey();
    if (!all.isEmpty() && (files.isEmpty() || files.firstKey() != oldestNeeded)) {
      throw damaged(folder.segment(oldestNeeded), 0, "is missing");
    }
    boolean oldest = true;
    for (Map.Entry<Integer, Path> file : files.entrySet()) {
      if (file.getKey() != expected) {
        throw damaged(folder.segment(expected), 0, "is missing");
      }
      expected++;
      read(file.getKey(), file.getValue(), oldest, file.getKey().equals(files.lastKey()));
      oldest = false;
      lastSegment = file.getKey();
    }
    broker.restored();
    if (closedIn < 0 && nextSequence > 1) {
      log.info("{} was not closed; it goes on where it stood", name);
    }
  }

  /**
   * The segment that the newest one says last is the oldest that is needed. Those before are kept
   * for looking at, or were deleted, and need not be read.
   */
  private int oldestNeeded(NavigableMap<Integer, Path> all) throws IOException {
    for (Path file : all.descendingMap().values()) {
      try (SegmentReader in = new SegmentReader(file)) {
        int needed = 0;
        Frame frame = in.next();
        if (frame != null) {
          while (frame != null) {
            RecordReader records = new RecordReader(in.bytes(), frame.from(), frame.to());
            needed = Math.max(needed, needed(records));
            frame = in.next();
          }
          return needed == 0 ? all.firstKey() : needed;
        }
      }
    }
    return all.isEmpty() ? 0 : all.firstKey();
  }

  private static int needed(RecordReader in) {
    int needed = 0;
    while (in.hasMore()) {
      byte kind = in.one();
      if (kind == Changes.NEEDED) {
        needed = (int) in.number();
      } else {
        Changes.skip(kind, in);
      }
    }
    return needed;
  }

  int lastSegment() {
    return lastSegment;
  }

  long nextSequence() {
    return nextSequence;
  }

  private void read(int segment, Path file, boolean oldest, boolean last) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    int at = 0;
    Frame frame = Frame.at(bytes, at);
    if (oldest && frame != null) {
      nextSequence = frame.sequence();
    }
    while (frame != null) {
      if (frame.sequence() != nextSequence) {
        throw damaged(file, at, "does not go on where what is before it ends,");
      }
      apply(segment, file, bytes, frame);
      nextSequence = frame.sequence() + 1;
      at = frame.next();
      frame = Frame.at(bytes, at);
    }
    int end = lastByte(bytes, at);
    if (end > at || (at == 0 && oldest && segment > 1)) {
      refuseDamage(segment, file, bytes, at, end, oldest, last);
      log.warn(
          "{} {} bytes at the end of {} were not whole, and are left out", name, end - at, file);
      cut(file, at, end);
    }
  }

  /**
   * What stands behind the last whole frame was being written when the process ended, unless
   * something later says that it was on the disk, or that the process ended as it should. The first
   * frame of a file was on the disk before the files before it were deleted.
   */
  private void refuseDamage(
      int segment, Path file, byte[] bytes, int at, int end, boolean oldest, boolean last) {
    boolean isWhole = at > 0 || !oldest || segment == 1;
    if (!last || !isWhole || closedIn == segment) {
      throw damaged(file, at, "is damaged");
    }
    for (int later = at + Frame.STEP; later < end; later += Frame.STEP) {
      Frame frame = Frame.at(bytes, later);
      if (frame != null && frame.synced() >= nextSequence) {
        throw damaged(file, at, "is damaged");
      }
    }
  }

  /** So that what comes later does not stand behind it. */
  private static void cut(Path file, int from, int to) throws IOException {
    try (FileChannel out = FileChannel.open(file, StandardOpenOption.WRITE)) {
      ByteBuffer zeros = ByteBuffer.allocate(to - from);
      long at = from;
      while (zeros.hasRemaining()) {
        at += out.write(zeros, at);
      }
      out.force(true);
    }
  }

  /** Where nothing but zeros follows. */
  private static int lastByte(byte[] bytes, int from) {
    int end = bytes.length;
    while (end > from && bytes[end - 1] == 0) {
      end--;
    }
    return end;
  }

  private BadConfiguration damaged(Path file, int at, String how) {
    return new BadConfiguration(
        "%s: %s %s at byte %d, and nothing was changed: restore it from a backup, or start in another folder"
            .formatted(name, file, how, at));
  }

  private void apply(int segment, Path file, byte[] bytes, Frame frame) {
    RecordReader in = new RecordReader(bytes, frame.from(), frame.to());
    try {
      while (in.hasMore()) {
        apply(segment, in);
      }
    } catch (IllegalStateException | BadMessage broken) {
      throw new BadConfiguration(
          "%s: a record in %s, in the frame at byte %d, cannot be read (%s): was it written by another version of Leat?"
              .formatted(name, file, frame.from() - Frame.HEADER, broken.getMessage()),
          broken);
    }
  }

  private void apply(int segment, RecordReader in) {
    closedIn = -1;
    switch (in.one()) {
      case Changes.STREAM ->
          broker
              .restoring(in.text())
              .restore(in.number(), in.number(), new EntryId(in.number(), in.number()));
      case Changes.APPENDED, Changes.AGAIN -> {
        int begin = in.at();
        StreamState stream = broker.restoring(in.text());
        long offset = in.number();
        EntryId id = new EntryId(in.number(), in.number());
        placed(segment, stream.restore(offset, id, in.message()), in.at() - begin);
      }
      case Changes.ANSWERED -> Changes.skip(Changes.ANSWERED, in);
      case Changes.HANDED -> {
        Group group = group(in);
        for (long left = in.number(); left > 0; left--) {
          group.restoreHanded(in.number(), (int) in.number());
        }
      }
      case Changes.DONE -> group(in).restoreDone(in.number());
      case Changes.RELEASED -> {
        Group group = group(in);
        long offset = in.number();
        int attempt = (int) in.number();
        group.restoreReleased(offset, attempt, in.number(), in.number());
      }
      case Changes.GROUP -> {
        Group group = group(in);
        long cursor = in.number();
        byte flags = in.one();
        group.restore(cursor, (flags & 1) != 0, (flags & 2) != 0);
      }
      case Changes.HEAD -> broker.restoring(in.text()).restoreHead(in.number());
      case Changes.TAKEN_OUT -> broker.restoring(in.text()).restoreTakenOut(in.number());
      case Changes.NOTE -> {
        int begin = in.at();
        String key = in.text();
        long until = in.number();
        long keep = in.number();
        long reckoned = in.number();
        Notes.Kept note = broker.notes().restore(key, in.message(), until, keep, reckoned);
        placed(segment, note, in.at() - begin);
      }
      case Changes.NOTE_GONE -> broker.notes().restoreGone(in.text());
      case Changes.FLOOR -> broker.restoring(in.text()).restoreFloor(in.number());
      case Changes.NEEDED -> {
        var unused = in.number();
      }
      case Changes.CLOSED -> closedIn = segment;
      default -> throw new IllegalStateException("it is of no kind that is known");
    }
  }

  private void placed(int segment, Changes.@Nullable Placed placed, int size) {
    if (placed != null && !placed.isGone()) {
      placed.stands(0, segment);
      placed.takes(size);
      segments.came(placed);
    }
  }

  private Group group(RecordReader in) {
    return broker.restoring(in.text()).restoreGroup(in.text());
  }
}
