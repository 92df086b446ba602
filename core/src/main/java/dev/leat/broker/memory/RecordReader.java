package dev.leat.broker.memory;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Reads what a {@link RecordWriter} wrote. For one thread at a time. */
final class RecordReader {
  private final byte[] bytes;
  private final int end;
  private int at;

  RecordReader(byte[] bytes, int from, int end) {
    this.bytes = bytes;
    this.at = from;
    this.end = end;
  }

  /** Where the next stands. */
  int at() {
    return at;
  }

  boolean hasMore() {
    return at < end;
  }

  byte one() {
    if (at >= end) {
      throw new IllegalStateException("a record ends too early");
    }
    return bytes[at++];
  }

  long number() {
    long value = 0;
    for (int shift = 0; shift < 70; shift += 7) {
      byte next = one();
      value |= (next & 0x7fL) << shift;
      if (next >= 0) {
        return value;
      }
    }
    throw new IllegalStateException("a number does not end");
  }

  byte[] string() {
    int length = length();
    at += length;
    return Arrays.copyOfRange(bytes, at - length, at);
  }

  String text() {
    int length = length();
    at += length;
    return new String(bytes, at - length, length, StandardCharsets.UTF_8);
  }

  private int length() {
    long length = number();
    if (length < 0 || length > end - at) {
      throw new IllegalStateException("a string is longer than what it stands in");
    }
    return (int) length;
  }
}
