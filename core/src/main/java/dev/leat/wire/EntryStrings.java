package dev.leat.wire;

import dev.leat.BadMessage;
import java.util.Arrays;
import java.util.List;

/**
 * The strings of a stream entry: names and values, by position. Does not change; any thread.
 *
 * <p>Hot path: they stay in what was read from the broker, and only what is asked for is copied.
 */
public final class EntryStrings {
  private static final byte[] NO_BYTES = new byte[0];

  private final byte[] bytes;

  /** Where each begins and where it ends, by turns. */
  private final int[] bounds;

  private EntryStrings(byte[] bytes, int[] bounds) {
    this.bytes = bytes;
    this.bounds = bounds;
  }

  /**
   * Strings that stand in an array.
   *
   * @param bytes kept, not copied: nobody changes what is within the bounds any more
   * @param bounds where each string begins and where it ends, by turns; kept as well
   */
  public static EntryStrings within(byte[] bytes, int... bounds) {
    return new EntryStrings(bytes, bounds);
  }

  /** These strings; copied. */
  public static EntryStrings of(List<byte[]> strings) {
    int[] bounds = new int[2 * strings.size()];
    int end = 0;
    for (int i = 0; i < strings.size(); i++) {
      bounds[2 * i] = end;
      end += strings.get(i).length;
      bounds[2 * i + 1] = end;
    }
    byte[] bytes = new byte[end];
    for (int i = 0; i < strings.size(); i++) {
      System.arraycopy(strings.get(i), 0, bytes, bounds[2 * i], strings.get(i).length);
    }
    return new EntryStrings(bytes, bounds);
  }

  /** How many there are. */
  public int size() {
    return bounds.length / 2;
  }

  /** Bytes of all of them. */
  public int bytesInAll() {
    int all = 0;
    for (int i = 0; i < bounds.length; i += 2) {
      all += bounds[i + 1] - bounds[i];
    }
    return all;
  }

  /** A copy of the string at a position, counted from 0. */
  public byte[] get(int position) {
    int from = from(position);
    int to = to(position);
    return from == to ? NO_BYTES : Arrays.copyOfRange(bytes, from, to);
  }

  /**
   * The string at a position, as text.
   *
   * @param what it is, for the sentence that says that it is no text
   * @throws BadMessage if it is not UTF-8
   */
  String text(int position, String what) {
    return Utf8.decode(bytes, from(position), to(position), what);
  }

  /** Whether the string at a position is this one. */
  boolean is(int position, byte[] string) {
    return Arrays.equals(bytes, from(position), to(position), string, 0, string.length);
  }

  /** What stands at these positions, in this order; nothing for those below 0. */
  EntryStrings at(int... positions) {
    int[] picked = new int[2 * positions.length];
    for (int i = 0; i < positions.length; i++) {
      if (positions[i] >= 0) {
        picked[2 * i] = from(positions[i]);
        picked[2 * i + 1] = to(positions[i]);
      }
    }
    return new EntryStrings(bytes, picked);
  }

  /** What they are in; not to be changed, nor read outside of their bounds. */
  byte[] bytes() {
    return bytes;
  }

  int from(int position) {
    return bounds[2 * position];
  }

  int to(int position) {
    return bounds[2 * position + 1];
  }
}
