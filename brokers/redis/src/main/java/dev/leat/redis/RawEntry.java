package dev.leat.redis;

import java.util.AbstractList;
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
    return new RawEntry(entry.items().get(0).text(), new Strings(entry.items().get(1).items()));
  }

  /** Strings of an answer, without a list of their own. */
  private static final class Strings extends AbstractList<byte[]> {
    private final List<Resp> items;

    Strings(List<Resp> items) {
      this.items = items;
    }

    @Override
    public byte[] get(int index) {
      return items.get(index).bytes();
    }

    @Override
    public int size() {
      return items.size();
    }
  }

  /** Entries of the one stream that was asked for with {@code XREAD} or {@code XREADGROUP}. */
  static List<RawEntry> ofRead(Resp streams) {
    List<Resp> read = streams.items();
    return read.isEmpty() ? List.of() : ofStream(read.getFirst().items().get(1));
  }
}
