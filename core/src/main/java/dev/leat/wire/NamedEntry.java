package dev.leat.wire;

import dev.leat.BadMessage;
import dev.leat.Message;
import java.util.Arrays;
import java.util.List;

/**
 * A message as seven named pairs, in any order. Fields beyond the seven are not read. Any thread.
 */
final class NamedEntry {
  static final byte[] ID = Utf8.encode("messageId");
  static final byte[] DESTINATION = Utf8.encode("incomingStream");

  private static final byte[] TYPE = Utf8.encode("messageType");
  private static final byte[] HEADERS = Utf8.encode("messageHeaders");
  private static final byte[] ENCODING = Utf8.encode("messageProtocol");
  private static final byte[] SOURCE = Utf8.encode("messageSourceId");
  private static final byte[] PAYLOAD = Utf8.encode("payload");
  private static final byte[] UNREAD = new byte[0];

  private NamedEntry() {}

  /** Whether an entry names its message id. */
  static boolean is(List<byte[]> entry) {
    return indexOf(entry, ID, 0) >= 0;
  }

  static List<byte[]> encode(Message message) {
    List<byte[]> packed = PackedEntry.encode(message);
    return List.of(
        ID,
        packed.get(0),
        TYPE,
        packed.get(1),
        DESTINATION,
        packed.get(2),
        HEADERS,
        packed.get(3),
        ENCODING,
        packed.get(4),
        SOURCE,
        packed.get(5),
        PAYLOAD,
        packed.get(7));
  }

  static Message decode(List<byte[]> entry) {
    if (entry.size() % 2 != 0) {
      throw new BadMessage(
          "an entry has names and values, this one has " + entry.size() + " strings");
    }
    return PackedEntry.decode(
        List.of(
            field(entry, ID),
            field(entry, TYPE),
            field(entry, DESTINATION),
            field(entry, HEADERS),
            field(entry, ENCODING),
            field(entry, SOURCE),
            UNREAD,
            field(entry, PAYLOAD)));
  }

  /** The value of a name that stands in an entry exactly once. */
  static byte[] field(List<byte[]> entry, byte[] name) {
    int at = indexOf(entry, name, 0);
    if (at < 0 || at + 1 >= entry.size()) {
      throw new BadMessage("the field " + text(name) + " is missing");
    }
    if (indexOf(entry, name, at + 2) >= 0) {
      throw new BadMessage("the field " + text(name) + " stands there twice");
    }
    return entry.get(at + 1);
  }

  private static int indexOf(List<byte[]> entry, byte[] name, int from) {
    for (int i = from; i < entry.size(); i += 2) {
      if (Arrays.equals(entry.get(i), name)) {
        return i;
      }
    }
    return -1;
  }

  private static String text(byte[] name) {
    return Utf8.decode(name, "a name");
  }
}
