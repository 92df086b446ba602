package dev.leat.broker.memory;

import dev.leat.wire.RecordWriter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Writes frames into one segment after another. A segment begins with all that has to be known of
 * what stands in those before, but for messages and notes; what is left of these in the oldest
 * segments is written once more where they are few, so that those can go.
 *
 * <p>For one thread at a time; which segment it is, and how full, may be asked by any.
 */
final class SegmentWriter {
  private final FileFolder folder;
  private final FileOptions options;
  private final SegmentTable segments;
  private @Nullable FileChannel channel;

  /** Of the next frame. */
  private long sequence = 1;

  /** Of the last frame that is certainly on the disk. */
  private long synced;

  private long syncTook;
  private long lastSync;
  private volatile int segment;
  private volatile long written;

  SegmentWriter(FileFolder folder, FileOptions options, SegmentTable segments) {
    this.folder = folder;
    this.options = options;
    this.segments = segments;
  }

  /** Goes on behind what was read; {@link #begin} has to be next. */
  void resume(int lastSegment, long nextSequence) {
    segment = lastSegment;
    sequence = nextSequence;
    synced = nextSequence - 1;
  }

  /** The number of the segment that is written. */
  int segment() {
    return segment;
  }

  /** Bytes of it that are. */
  long written() {
    return written;
  }

  /** How long the last sync took, in nanoseconds. */
  long syncTook() {
    return syncTook;
  }

  /** Nanoseconds until what was written has to be synced; as long as there is where nothing was. */
  long untilSync() {
    return synced < sequence - 1
        ? options.sync().toNanos() - (System.nanoTime() - lastSync)
        : Long.MAX_VALUE;
  }

  void put(ByteBuffer frame) throws IOException {
    sequence++;
    FileChannel current = Objects.requireNonNull(channel, "it has begun");
    long at = written;
    while (frame.hasRemaining()) {
      at += current.write(frame, at);
    }
    written = at;
  }

  /** The next frame, with these records. */
  ByteBuffer frame(RecordWriter records) {
    return Frame.of(records.bytes(), records.size(), sequence, synced);
  }

  /** Puts what was written on the disk, if it is time to. */
  void sync(boolean certainly) throws IOException {
    FileChannel current = channel;
    long begin = System.nanoTime();
    if (current != null
        && (options.syncsAlways() || certainly || begin - lastSync >= options.sync().toNanos())) {
      current.force(false);
      lastSync = System.nanoTime();
      syncTook = lastSync - begin;
      synced = sequence - 1;
    }
  }

  /**
   * Begins the next segment.
   *
   * @param file that it will be
   * @param state what has to be known
   * @param again bytes of the oldest segments that are worth to be written once more
   * @param position of what is written once more
   * @return the oldest segment that is needed, as is on the disk now
   */
  int begin(Path file, MemoryBroker state, long again, long position) throws IOException {
    int number = segment + 1;
    FileChannel next = folder.begin(number, file);
    if (channel != null) {
      // What was set aside and is not needed: it is kept perhaps for long.
      channel.truncate(written);
      channel.close();
    }
    channel = next;
    segment = number;
    written = 0;
    Changes all = new Changes();
    state.writeState(all);
    int oldest = segments.oldestThatGoes(number, again);
    if (oldest > 0) {
      state.writeContentOf(oldest, segments::went, all);
    }
    int needed = segments.oldestNeeded(number);
    all.needed(needed);
    for (Changes.Placed placed : all.placed()) {
      placed.stands(position, number);
      segments.came(placed);
    }
    put(frame(all.out()));
    sync(true);
    // It says that the one before is on the disk: if that is not whole one day, it is damaged.
    put(frame(new RecordWriter(0)));
    return needed;
  }

  /** Ends the segment that is written where it is: what was set aside behind it is given back. */
  void truncate() throws IOException {
    if (channel != null) {
      channel.truncate(written);
    }
  }

  void close() throws IOException {
    if (channel != null) {
      channel.close();
    }
  }
}
