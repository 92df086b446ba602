package dev.leat.broker.memory;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Bytes that grow, and what records are made of. For one thread at a time. */
final class RecordWriter {
  private static final int FIRST_SIZE = 256;

  private byte[] bytes;
  private int size;

  RecordWriter() {
    this(FIRST_SIZE);
  }

  RecordWriter(int capacity) {
    bytes = new byte[capacity];
  }

  int size() {
    return size;
  }

  /** What was written; valid up to {@link #size}, and until more is. */
  byte[] bytes() {
    return bytes;
  }

  void clear() {
    size = 0;
  }

  RecordWriter put(byte one) {
    reserve(1);
    bytes[size++] = one;
    return this;
  }

  /** Seven bits a byte, the lowest first: small numbers are short. */
  RecordWriter number(long value) {
    reserve(10);
    long left = value;
    while ((left & ~0x7fL) != 0) {
      bytes[size++] = (byte) (left | 0x80);
      left >>>= 7;
    }
    bytes[size++] = (byte) left;
    return this;
  }

  RecordWriter string(byte[] string) {
    number(string.length);
    return raw(string, 0, string.length);
  }

  RecordWriter text(String text) {
    return string(text.getBytes(StandardCharsets.UTF_8));
  }

  RecordWriter raw(byte[] from, int offset, int length) {
    reserve(length);
    System.arraycopy(from, offset, bytes, size, length);
    size += length;
    return this;
  }

  private void reserve(int more) {
    if (more > bytes.length - size) {
      bytes = Arrays.copyOf(bytes, Math.max(2 * bytes.length, Math.addExact(size, more)));
    }
  }
}
