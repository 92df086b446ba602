package dev.leat.redis;

import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Bytes of commands that wait to be sent. Confined to a loop; its room is used again. Hot path. */
final class Outgoing {
  /** Room beyond this is given back after use: one large message must not be paid for ever. */
  private static final int KEPT = 1 << 18;

  /** Bytes of a number's line, at most. */
  private static final int NUMBER = 16;

  private byte[] bytes = new byte[1 << 13];
  private int size;

  int size() {
    return size;
  }

  /** The beginning of a command of so many strings. */
  void begin(int strings) {
    makeRoom(NUMBER);
    number('*', strings);
  }

  /** The next string. */
  void add(byte[] string) {
    makeRoom(NUMBER + string.length + 2);
    number('$', string.length);
    System.arraycopy(string, 0, bytes, size, string.length);
    size += string.length;
    endLine();
  }

  /** All of it; it is empty from now on. */
  Buffer take() {
    Buffer all = Buffer.buffer(size).appendBytes(bytes, 0, size);
    clear();
    return all;
  }

  void clear() {
    size = 0;
    if (bytes.length > KEPT) {
      bytes = new byte[KEPT];
    }
  }

  private void number(char kind, int number) {
    bytes[size++] = (byte) kind;
    if (number < 10) {
      bytes[size++] = (byte) ('0' + number);
    } else if (number < 100) {
      bytes[size++] = (byte) ('0' + number / 10);
      bytes[size++] = (byte) ('0' + number % 10);
    } else {
      byte[] digits = Integer.toString(number).getBytes(StandardCharsets.US_ASCII);
      System.arraycopy(digits, 0, bytes, size, digits.length);
      size += digits.length;
    }
    endLine();
  }

  private void endLine() {
    bytes[size++] = '\r';
    bytes[size++] = '\n';
  }

  private void makeRoom(int more) {
    if (bytes.length - size < more) {
      bytes = Arrays.copyOf(bytes, Math.max(2 * bytes.length, size + more));
    }
  }
}
