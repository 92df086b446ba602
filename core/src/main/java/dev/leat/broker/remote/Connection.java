package dev.leat.broker.remote;

import dev.leat.wire.RecordReader;
import dev.leat.wire.RecordWriter;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Frames that go both ways over a socket. Any thread; what is sent while something is being written
 * goes out with what is written next.
 */
final class Connection implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Connection.class);

  /** Bytes that may wait to be written: whoever leaves more unread is gone for all that matters. */
  private static final int MOST_WAITING = 256 << 20;

  private static final int LENGTH = 4;
  private static final int BUFFER = 64 << 10;

  /** Buffers that have grown beyond this are not kept. */
  private static final int KEPT = 1 << 20;

  private final SocketChannel channel;
  private final int largest;
  private final Runnable onWritten;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition filled = lock.newCondition();

  // Guarded by the lock.
  private RecordWriter out = new RecordWriter(BUFFER);
  private RecordWriter other = new RecordWriter(BUFFER);
  private boolean closed;

  /** Bytes that were sent and are not written. */
  private final AtomicInteger waiting = new AtomicInteger();

  /**
   * A connection that nothing has gone over yet.
   *
   * @param largest bytes of a frame that comes in
   * @param onWritten told when something was written
   */
  Connection(SocketChannel channel, int largest, Runnable onWritten) {
    this.channel = channel;
    this.largest = largest;
    this.onWritten = onWritten;
  }

  /** Begins to write. */
  void start(String name) {
    Thread.ofVirtual().name(name).start(this::write);
  }

  int waiting() {
    return waiting.get();
  }

  /**
   * Sends a frame, soon.
   *
   * @return whether it was taken; not so by a connection that is closed, or is read too slowly
   */
  boolean send(RecordWriter frame) {
    lock.lock();
    try {
      if (closed || waiting.get() + (long) frame.size() > MOST_WAITING) {
        return false;
      }
      boolean wake = out.size() == 0;
      int size = frame.size();
      out.put((byte) (size >>> 24)).put((byte) (size >>> 16));
      out.put((byte) (size >>> 8)).put((byte) size);
      out.raw(frame.bytes(), 0, size);
      waiting.addAndGet(LENGTH + size);
      if (wake) {
        filled.signal();
      }
      return true;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Reads frames until it ends, one after the other, on the calling thread.
   *
   * @throws IOException once it has ended, or if what comes is no frame
   */
  void read(Consumer<RecordReader> frames) throws IOException {
    byte[] in = new byte[BUFFER];
    int at = 0;
    int end = 0;
    while (true) {
      boolean isSaid = end - at >= LENGTH;
      int size = isSaid ? ByteBuffer.wrap(in).getInt(at) : 0;
      if (isSaid && (size <= 0 || size > largest)) {
        throw new IOException("a frame of " + size + " bytes, of " + largest + " at most");
      }
      if (isSaid && end - at >= LENGTH + size) {
        frames.accept(new RecordReader(in, at + LENGTH, at + LENGTH + size));
        at += LENGTH + size;
      } else {
        int needed = Math.max(BUFFER, LENGTH + size);
        if (at > 0 || in.length < needed) {
          byte[] next = in.length < needed || in.length > KEPT ? new byte[needed] : in;
          System.arraycopy(in, at, next, 0, end - at);
          in = next;
          end -= at;
          at = 0;
        }
        end += fill(in, end);
      }
    }
  }

  /** Little at a time: a heap buffer is copied whole for each read and write. */
  private int fill(byte[] in, int from) throws IOException {
    int read = channel.read(ByteBuffer.wrap(in, from, Math.min(BUFFER, in.length - from)));
    if (read < 0) {
      throw new EOFException("the other side has closed it");
    }
    return read;
  }

  private void write() {
    try {
      while (writeNext()) {
        onWritten.run();
      }
    } catch (IOException gone) {
      log.debug("nothing more can be written", gone);
    } finally {
      close();
    }
  }

  /** Writes all that is there once something is; false once it is closed. */
  private boolean writeNext() throws IOException {
    RecordWriter full;
    lock.lock();
    try {
      while (out.size() == 0 && !closed) {
        filled.awaitUninterruptibly();
      }
      if (closed && out.size() == 0) {
        return false;
      }
      full = out;
      out = other;
    } finally {
      lock.unlock();
    }
    for (int at = 0; at < full.size(); ) {
      at += channel.write(ByteBuffer.wrap(full.bytes(), at, Math.min(BUFFER, full.size() - at)));
    }
    lock.lock();
    try {
      waiting.addAndGet(-full.size());
      full.clear();
      other = full.bytes().length > KEPT ? new RecordWriter(BUFFER) : full;
    } finally {
      lock.unlock();
    }
    return true;
  }

  /** Ends it; what waits to be written is lost. */
  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      filled.signal();
    } finally {
      lock.unlock();
    }
    try {
      channel.close();
    } catch (IOException failure) {
      log.debug("not closed", failure);
    }
  }
}
