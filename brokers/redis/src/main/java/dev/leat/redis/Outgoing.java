package dev.leat.redis;

import dev.leat.wire.EntrySink;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.function.Consumer;

/** Bytes of commands that wait to be sent. Confined to a loop; its room is used again. Hot path. */
final class Outgoing implements EntrySink {
  /** Room beyond this is given back after use: one large message must not be paid for ever. */
  private static final int KEPT = 1 << 18;

  /** Bytes of a number's line, at most. */
  private static final int NUMBER = 16;

  /** Bytes that there is room for at first. */
  private static final int ROOM = 1 << 13;

  private byte[] bytes = new byte[ROOM];
  private int size;

  int size() {
    return size;
  }

  /** The beginning of a command of so many strings. */
  void begin(int strings) {
    makeRoom(NUMBER);
    number('*', strings);
  }

  @Override
  public void add(byte[] string) {
    makeRoom(NUMBER + string.length + 2);
    number('$', string.length);
    System.arraycopy(string, 0, bytes, size, string.length);
    size += string.length;
    endLine();
  }

  /** Hot path: nearly all are ASCII, and then no array is made. */
  @Override
  public void add(String string) {
    int length = string.length();
    int begin = size;
    makeRoom(NUMBER + length + 2);
    number('$', length);
    int signs = 0;
    for (int i = 0; i < length; i++) {
      char sign = string.charAt(i);
      signs |= sign;
      bytes[size + i] = (byte) sign;
    }
    if (signs < 0x80) {
      size += length;
      endLine();
    } else {
      size = begin;
      add(string.getBytes(StandardCharsets.UTF_8));
    }
  }

  /**
   * Gives all of it to somebody who writes it, and is empty from then on.
   *
   * @param writer releases what it is given, at once where it has been copied to where the kernel
   *     reads it from, as is usual; or later, and then the room is left to it
   */
  void writeBy(Consumer<ByteBuf> writer) {
    ByteBuf all = Unpooled.wrappedBuffer(bytes, 0, size);
    writer.accept(all);
    if (all.refCnt() > 0 || bytes.length > KEPT) {
      bytes = new byte[Math.clamp(size, ROOM, KEPT)];
    }
    size = 0;
  }

  void clear() {
    size = 0;
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
