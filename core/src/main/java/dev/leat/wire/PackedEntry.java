package dev.leat.wire;

import dev.leat.BadMessage;
import dev.leat.Encoding;
import dev.leat.Message;
import dev.leat.Payload;

/**
 * A message as the eight strings of one stream entry: four pairs whose meaning is their position,
 * so that names carry data too.
 *
 * <p>Id, type, destination, headers, encoding, source, a literal that is not read, payload. Any
 * thread. Hot path: an entry is never read into a map.
 */
final class PackedEntry {
  /** How many strings an entry has. */
  static final int STRINGS = 8;

  private static final byte[] REPLY = Utf8.encode(Message.REPLY);
  private static final byte[] UNOCCUPIED = Utf8.encode("UnoccupiedField");

  private PackedEntry() {}

  static void write(Message message, byte[] headers, EntrySink sink) {
    sink.add(message.id());
    sink.add(message.type());
    sink.add(message.destination());
    sink.add(headers);
    sink.add(EncodingName.encode(message.payload().encoding()));
    sink.add(message.source());
    sink.add(UNOCCUPIED);
    sink.add(message.payload().bytes());
  }

  /**
   * The message of an entry.
   *
   * @throws BadMessage if the entry breaks the protocol; the sentence says where
   */
  static Message decode(EntryStrings entry) {
    if (entry.size() != STRINGS) {
      throw new BadMessage("an entry has " + STRINGS + " strings, this one has " + entry.size());
    }
    String id = entry.text(0, "the message id");
    if (id.isEmpty()) {
      throw new BadMessage("the message id is empty");
    }
    Encoding encoding = EncodingName.decode(entry, 4);
    if (encoding == Encoding.TEXT) {
      entry.text(7, "the text payload");
    }
    return new Message(
        id,
        // Of a reply it is always this: not another string for each.
        entry.is(1, REPLY) ? Message.REPLY : entry.text(1, "the message type"),
        entry.text(2, "the destination"),
        HeadersJson.decode(entry, 3),
        entry.text(5, "the source"),
        Payload.of(encoding, entry.get(7)));
  }
}
