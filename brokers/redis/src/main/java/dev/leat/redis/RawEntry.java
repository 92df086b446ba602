package dev.leat.redis;

import dev.leat.wire.EntryStrings;
import java.util.ArrayList;
import java.util.List;

/**
 * An entry as the server has it.
 *
 * @param id its place in the stream
 * @param strings names and values, by position
 */
record RawEntry(String id, EntryStrings strings) {
  /**
   * Entries of one stream; those that are gone but still pending have no strings and are left out.
   */
  static List<RawEntry> ofStream(Resp entries) {
    List<Resp> all = entries.items();
    List<RawEntry> read = new ArrayList<>(all.size());
    for (Resp entry : all) {
      if (entry instanceof Resp.Entry || !entry.items().isEmpty()) {
        read.add(of(entry));
      }
    }
    return read;
  }

  /** An entry of a stream: its id, then its strings. */
  static RawEntry of(Resp entry) {
    if (entry instanceof Resp.Entry whole) {
      return new RawEntry(whole.id(), whole.strings());
    }
    List<Resp> parts = entry.items();
    return new RawEntry(parts.get(0).text(), parts.get(1).strings());
  }

  /** Entries of the one stream that was asked for with {@code XREAD} or {@code XREADGROUP}. */
  static List<RawEntry> ofRead(Resp streams) {
    List<Resp> read = streams.items();
    return read.isEmpty() ? List.of() : ofStream(read.getFirst().items().get(1));
  }
}
