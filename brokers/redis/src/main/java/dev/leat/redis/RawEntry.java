package dev.leat.redis;

import dev.leat.wire.EntryStrings;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An entry as the server has it; it stays in what was read. Any thread. Hot path: of those that are
 * read along only the last one's id is looked at.
 */
final class RawEntry implements Resp {
  private final byte[] bytes;
  private final int begin;
  private final int length;
  private final EntryStrings content;

  /** Once somebody has asked for it; of two that ask at once either's is as good. */
  private @Nullable String id;

  /**
   * An entry.
   *
   * @param bytes kept, not copied: they hold its id
   * @param begin where the id stands
   * @param length of the id
   * @param content names and values, by position
   */
  RawEntry(byte[] bytes, int begin, int length, EntryStrings content) {
    this.bytes = bytes;
    this.begin = begin;
    this.length = length;
    this.content = content;
  }

  /** Its place in the stream. */
  String id() {
    String known = id;
    if (known == null) {
      known = new String(bytes, begin, length, StandardCharsets.US_ASCII);
      id = known;
    }
    return known;
  }

  /** When the server took it, in its time; epoch milliseconds, with which an id begins. */
  long millis() {
    long millis = 0;
    for (int i = begin; i < begin + length && bytes[i] != '-'; i++) {
      millis = 10 * millis + bytes[i] - '0';
    }
    return millis;
  }

  /** Bytes of names and values. */
  int size() {
    return content.bytesInAll();
  }

  /** Names and values, by position. */
  EntryStrings content() {
    return content;
  }

  /**
   * Entries of one stream; those that are gone but still pending have no strings and are left out.
   */
  static List<RawEntry> ofStream(Resp entries) {
    List<Resp> all = entries.items();
    List<RawEntry> read = new ArrayList<>(all.size());
    for (Resp entry : all) {
      if (entry instanceof RawEntry || !entry.items().isEmpty()) {
        read.add(of(entry));
      }
    }
    return read;
  }

  /** An entry of a stream: its id, then its strings. */
  static RawEntry of(Resp entry) {
    if (entry instanceof RawEntry whole) {
      return whole;
    }
    List<Resp> parts = entry.items();
    byte[] id = parts.get(0).bytes();
    return new RawEntry(id, 0, id.length, parts.get(1).strings());
  }

  /** Entries of the one stream that was asked for with {@code XREAD} or {@code XREADGROUP}. */
  static List<RawEntry> ofRead(Resp streams) {
    List<Resp> read = streams.items();
    return read.isEmpty() ? List.of() : ofStream(read.getFirst().items().get(1));
  }
}
