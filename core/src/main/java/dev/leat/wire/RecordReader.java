package dev.leat.wire;

import dev.leat.Encoding;
import dev.leat.Headers;
import dev.leat.Message;
import dev.leat.Payload;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Reads what a {@link RecordWriter} wrote; fails with {@link IllegalStateException} where that is
 * not what it did. For one thread at a time.
 */
public final class RecordReader {
  private final byte[] bytes;
  private final int end;
  private int at;

  /** Of what stands between two places. */
  public RecordReader(byte[] bytes, int from, int end) {
    this.bytes = bytes;
    this.at = from;
    this.end = end;
  }

  /** Where the next stands. */
  public int at() {
    return at;
  }

  /** Whether anything is left. */
  public boolean hasMore() {
    return at < end;
  }

  /** One byte. */
  public byte one() {
    if (at >= end) {
      throw new IllegalStateException("a record ends too early");
    }
    return bytes[at++];
  }

  /** See {@link RecordWriter#number}. */
  public long number() {
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

  /** See {@link RecordWriter#string}. */
  public byte[] string() {
    int length = length();
    at += length;
    return Arrays.copyOfRange(bytes, at - length, at);
  }

  /** See {@link RecordWriter#text}. */
  public String text() {
    int length = length();
    at += length;
    return new String(bytes, at - length, length, StandardCharsets.UTF_8);
  }

  /**
   * See {@link RecordWriter#message}.
   *
   * @throws dev.leat.BadMessage if there is no such message
   */
  public Message message() {
    String id = text();
    String type = text();
    String destination = text();
    String source = text();
    Headers.Builder headers = Headers.builder();
    for (long left = number(); left > 0; left--) {
      headers.set(text(), text());
    }
    Encoding encoding = encoding(text());
    return new Message(
        id, type, destination, headers.build(), source, Payload.of(encoding, string()));
  }

  /** Goes past a text or a string. */
  public RecordReader skip() {
    int length = length();
    at += length;
    return this;
  }

  /** Goes past a message. */
  public void skipMessage() {
    skip().skip().skip().skip();
    for (long left = number(); left > 0; left--) {
      skip().skip();
    }
    skip().skip();
  }

  private static Encoding encoding(String name) {
    for (Encoding one : Encoding.values()) {
      if (one.wireName().equals(name)) {
        return one;
      }
    }
    throw new IllegalStateException("'" + name + "' is no encoding");
  }

  private int length() {
    long length = number();
    if (length < 0 || length > end - at) {
      throw new IllegalStateException("a string is longer than what it stands in");
    }
    return (int) length;
  }
}
