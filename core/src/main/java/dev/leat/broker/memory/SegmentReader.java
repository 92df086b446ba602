package dev.leat.broker.memory;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/** Reads a segment frame by frame, also while it is being written. For one thread. */
final class SegmentReader implements AutoCloseable {
  private static final int BUFFER = 1 << 20;

  private final FileChannel file;
  private byte[] bytes = new byte[BUFFER];

  /** What is read of the file, from {@link #from} on. */
  private int filled;

  private int at;
  private long from;

  SegmentReader(Path path) throws IOException {
    this(path, 0);
  }

  /**
   * Begins at a frame.
   *
   * @param from as {@link #position} has said
   */
  SegmentReader(Path path, long from) throws IOException {
    this.from = from;
    file = FileChannel.open(path, StandardOpenOption.READ);
  }

  /** The next frame; null where no whole one follows. What it stands in is {@link #bytes}. */
  @Nullable Frame next() throws IOException {
    if (!has(Frame.HEADER)) {
      return null;
    }
    int length = Frame.length(bytes, at);
    if (length < 0 || length > file.size() - position() || !has(Frame.size(length))) {
      return null;
    }
    Frame frame = Frame.at(bytes, at);
    if (frame != null) {
      at = frame.next();
    }
    return frame;
  }

  /** Whether nothing but zeros follows, once there is no next frame. */
  boolean isAtEnd() throws IOException {
    ByteBuffer room = ByteBuffer.allocate(BUFFER);
    for (long next = position(); next < file.size(); next += room.position()) {
      int read = file.read(room.clear(), next);
      for (int i = 0; i < read; i++) {
        if (room.get(i) != 0) {
          return false;
        }
      }
      if (read < 0) {
        return true;
      }
    }
    return true;
  }

  /** Valid until the next frame is read. */
  byte[] bytes() {
    return bytes;
  }

  /** Where what was not read yet stands in the file. */
  long position() {
    return from + at;
  }

  /** Whether so many bytes follow. */
  private boolean has(int more) throws IOException {
    if (filled - at >= more) {
      return true;
    }
    byte[] next = more > bytes.length ? new byte[more] : bytes;
    System.arraycopy(bytes, at, next, 0, filled - at);
    bytes = next;
    from += at;
    filled -= at;
    at = 0;
    ByteBuffer room = ByteBuffer.wrap(bytes, filled, bytes.length - filled);
    while (filled < more) {
      int read = file.read(room, from + filled);
      if (read < 0) {
        return false;
      }
      filled += read;
    }
    return true;
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
