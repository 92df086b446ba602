package dev.leat.redis;

import java.util.ArrayList;
import java.util.List;

/**
 * An entry as the server has it.
 *
 * @param id its place in the stream
 * @param strings names and values, by position
 */
record RawEntry(String id, List<byte[]> strings) {
  /**
   * Entries of one stream; those that are gone but still pending have no strings and are left out.
   */
  static List<RawEntry> ofStream(Resp entries) {
    List<RawEntry> read = new ArrayList<>();
    for (Resp entry : entries.items()) {
      if (!entry.items().isEmpty()) {
        read.add(of(entry));
      }
    }
    return read;
  }

  /** An entry of a stream: its id, then its strings. */
  static RawEntry of(Resp entry) {
    List<byte[]> strings = new ArrayList<>(8);
    entry.items().get(1).items().forEach(string -> strings.add(string.bytes()));
    return new RawEntry(entry.items().get(0).text(), strings);
  }

  /** Entries of the one stream that was asked for with {@code XREAD} or {@code XREADGROUP}. */
  static List<RawEntry> ofRead(Resp streams) {
    List<Resp> read = streams.items();
    return read.isEmpty() ? List.of() : ofStream(read.getFirst().items().get(1));
  }
}
