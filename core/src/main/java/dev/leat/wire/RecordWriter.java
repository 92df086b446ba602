package dev.leat.wire;

import dev.leat.Message;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Bytes that grow, and what records are made of that only processes of Leat read: small numbers are
 * short, and nothing says what it is. For one thread at a time.
 */
public final class RecordWriter {
  private static final int FIRST_SIZE = 256;

  /** The most that an array may have everywhere. */
  private static final int LARGEST = Integer.MAX_VALUE - 8;

  private byte[] bytes;
  private int size;

  /** With room for a small record. */
  public RecordWriter() {
    this(FIRST_SIZE);
  }

  /**
   * With room for so many bytes at first.
   *
   * @param capacity at least 1
   */
  public RecordWriter(int capacity) {
    bytes = new byte[capacity];
  }

  /** Bytes that were written. */
  public int size() {
    return size;
  }

  /** What was written; valid up to {@link #size}, and until more is. */
  public byte[] bytes() {
    return bytes;
  }

  /** As if nothing had been written. */
  public void clear() {
    size = 0;
  }

  /** One byte. */
  public RecordWriter put(byte one) {
    reserve(1);
    bytes[size++] = one;
    return this;
  }

  /** Seven bits a byte, the lowest first: small numbers are short. */
  public RecordWriter number(long value) {
    reserve(10);
    long left = value;
    while ((left & ~0x7fL) != 0) {
      bytes[size++] = (byte) (left | 0x80);
      left >>>= 7;
    }
    bytes[size++] = (byte) left;
    return this;
  }

  /** So many bytes, and how many they are. */
  public RecordWriter string(byte[] string) {
    number(string.length);
    return raw(string, 0, string.length);
  }

  /** A text, as UTF-8. */
  public RecordWriter text(String text) {
    return string(text.getBytes(StandardCharsets.UTF_8));
  }

  /** Bytes as they are. */
  public RecordWriter raw(byte[] from, int offset, int length) {
    reserve(length);
    System.arraycopy(from, offset, bytes, size, length);
    size += length;
    return this;
  }

  /** All of a message, also what no protocol would take. */
  public RecordWriter message(Message message) {
    text(message.id()).text(message.type()).text(message.destination()).text(message.source());
    number(message.headers().size());
    message.headers().forEach((name, value) -> text(name).text(value));
    return text(message.payload().encoding().wireName()).string(message.payload().bytes());
  }

  private void reserve(int more) {
    if (more > bytes.length - size) {
      int least = Math.addExact(size, more);
      bytes = Arrays.copyOf(bytes, Math.clamp(2L * bytes.length, least, LARGEST));
    }
  }
}
