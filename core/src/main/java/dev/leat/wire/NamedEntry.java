package dev.leat.wire;

import dev.leat.BadMessage;
import dev.leat.Message;
import java.nio.charset.StandardCharsets;

/**
 * A message as seven named pairs, in any order. Fields beyond the seven are not read. Any thread.
 */
final class NamedEntry {
  /** How many strings an entry has that is written here. */
  static final int STRINGS = 14;

  static final byte[] ID = Utf8.encode("messageId");
  static final byte[] DESTINATION = Utf8.encode("incomingStream");
  static final byte[] SOURCE = Utf8.encode("messageSourceId");

  private static final byte[] TYPE = Utf8.encode("messageType");
  private static final byte[] HEADERS = Utf8.encode("messageHeaders");
  private static final byte[] ENCODING = Utf8.encode("messageProtocol");
  private static final byte[] PAYLOAD = Utf8.encode("payload");

  /** Nothing stands there. */
  private static final int UNREAD = -1;

  private NamedEntry() {}

  /** Whether an entry names its message id. */
  static boolean is(EntryStrings entry) {
    return indexOf(entry, ID, 0) >= 0;
  }

  static void write(Message message, byte[] headers, EntrySink sink) {
    sink.add(ID);
    sink.add(message.id());
    sink.add(TYPE);
    sink.add(message.type());
    sink.add(DESTINATION);
    sink.add(message.destination());
    sink.add(HEADERS);
    sink.add(headers);
    sink.add(ENCODING);
    sink.add(EncodingName.encode(message.payload().encoding()));
    sink.add(SOURCE);
    sink.add(message.source());
    sink.add(PAYLOAD);
    sink.add(message.payload().bytes());
  }

  static Message decode(EntryStrings entry) {
    if (entry.size() % 2 != 0) {
      throw new BadMessage(
          "an entry has names and values, this one has " + entry.size() + " strings");
    }
    return PackedEntry.decode(
        entry.at(
            valueOf(entry, ID),
            valueOf(entry, TYPE),
            valueOf(entry, DESTINATION),
            valueOf(entry, HEADERS),
            valueOf(entry, ENCODING),
            valueOf(entry, SOURCE),
            UNREAD,
            valueOf(entry, PAYLOAD)));
  }

  /** Where the value of a name is that stands in an entry exactly once. */
  static int valueOf(EntryStrings entry, byte[] name) {
    int at = indexOf(entry, name, 0);
    if (at < 0 || at + 1 >= entry.size()) {
      throw new BadMessage("the field " + text(name) + " is missing");
    }
    if (indexOf(entry, name, at + 2) >= 0) {
      throw new BadMessage("the field " + text(name) + " stands there twice");
    }
    return at + 1;
  }

  private static int indexOf(EntryStrings entry, byte[] name, int from) {
    for (int i = from; i < entry.size(); i += 2) {
      if (entry.is(i, name)) {
        return i;
      }
    }
    return -1;
  }

  private static String text(byte[] name) {
    return new String(name, StandardCharsets.UTF_8);
  }
}
