package dev.leat.broker.memory;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * How records stand in a segment: those that are written at a time in one frame, whose checksum is
 * of all of it but itself. Frames begin at multiples of {@link #STEP}, so that one behind a broken
 * one is found.
 *
 * @param sequence one more than that of the frame before, in all segments
 * @param synced sequence of the newest frame that was on the disk for certain when this was written
 * @param from where its records begin, in what it was read from
 * @param to where they end
 * @param next where the next frame begins
 */
record Frame(long sequence, long synced, int from, int to, int next) {
  static final int STEP = 16;

  /** Magic, checksum, length, sequence, synced. */
  static final int HEADER = 4 + 4 + 4 + 8 + 8;

  private static final int MAGIC = 0x4c454154;
  private static final int CHECKED_FROM = 8;

  /** The bytes that a frame of so many bytes of records takes. */
  static int size(int records) {
    return (HEADER + records + STEP - 1) / STEP * STEP;
  }

  /** A frame, ready to be written. */
  static ByteBuffer of(byte[] records, int length, long sequence, long synced) {
    ByteBuffer frame = ByteBuffer.allocate(size(length));
    frame.putInt(MAGIC).putInt(0).putInt(length).putLong(sequence).putLong(synced);
    frame.put(records, 0, length);
    frame.putInt(4, checksum(frame.array(), CHECKED_FROM, HEADER + length - CHECKED_FROM));
    return frame.clear();
  }

  /** Bytes of the records of the frame that begins there; negative where none does. */
  static int length(byte[] bytes, int position) {
    ByteBuffer header = ByteBuffer.wrap(bytes, position, HEADER);
    return header.getInt() == MAGIC ? header.getInt(position + 8) : -1;
  }

  /** The whole frame that begins there; null where none does. */
  static @Nullable Frame at(byte[] bytes, int position) {
    if (position > bytes.length - HEADER) {
      return null;
    }
    ByteBuffer header = ByteBuffer.wrap(bytes, position, HEADER);
    if (header.getInt() != MAGIC) {
      return null;
    }
    int checksum = header.getInt();
    int length = header.getInt();
    if (length < 0 || length > bytes.length - position - HEADER) {
      return null;
    }
    int from = position + HEADER;
    if (checksum(bytes, position + CHECKED_FROM, HEADER + length - CHECKED_FROM) != checksum) {
      return null;
    }
    return new Frame(
        header.getLong(), header.getLong(), from, from + length, position + size(length));
  }

  private static int checksum(byte[] bytes, int from, int length) {
    CRC32C sum = new CRC32C();
    sum.update(bytes, from, length);
    return (int) sum.getValue();
  }
}
