package dev.leat.wire;

import dev.leat.BadMessage;
import dev.leat.Encoding;
import dev.leat.Message;
import dev.leat.Payload;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/**
 * A message as the eight strings of one stream entry: four pairs whose meaning is their position,
 * so that names carry data too.
 *
 * <p>Id, type, destination, headers, encoding, source, a literal that is not read, payload. Any
 * thread. Hot path: an entry is never read into a map.
 */
public final class PackedEntry {
  /** How many strings an entry has. */
  public static final int STRINGS = 8;

  private static final byte[] UNOCCUPIED = Utf8.encode("UnoccupiedField");
  private static final byte[] JSON = Utf8.encode(Encoding.JSON.wireName());
  private static final byte[] TEXT = Utf8.encode(Encoding.TEXT.wireName());
  private static final byte[] BINARY = Utf8.encode(Encoding.BINARY.wireName());

  private PackedEntry() {}

  /** The entry of a message. Arrays in it are shared with the message and with other entries. */
  public static List<byte[]> encode(Message message) {
    return List.of(
        Utf8.encode(message.id()),
        Utf8.encode(message.type()),
        Utf8.encode(message.destination()),
        HeadersJson.encode(message.headers()),
        encode(message.payload().encoding()),
        Utf8.encode(message.source()),
        UNOCCUPIED,
        message.payload().bytes());
  }

  /**
   * The message of an entry.
   *
   * @throws BadMessage if the entry breaks the protocol; the sentence says where
   */
  public static Message decode(List<byte[]> entry) {
    if (entry.size() != STRINGS) {
      throw new BadMessage("an entry has " + STRINGS + " strings, this one has " + entry.size());
    }
    String id = Utf8.decode(entry.get(0), "the message id");
    if (id.isEmpty()) {
      throw new BadMessage("the message id is empty");
    }
    Encoding encoding = decodeEncoding(entry.get(4));
    byte[] payload = entry.get(7);
    if (encoding == Encoding.TEXT) {
      Utf8.decode(payload, "the text payload");
    }
    return new Message(
        id,
        Utf8.decode(entry.get(1), "the message type"),
        Utf8.decode(entry.get(2), "the destination"),
        HeadersJson.decode(entry.get(3)),
        Utf8.decode(entry.get(5), "the source"),
        Payload.of(encoding, payload));
  }

  private static byte[] encode(Encoding encoding) {
    return switch (encoding) {
      case JSON -> JSON;
      case TEXT -> TEXT;
      case BINARY -> BINARY;
    };
  }

  private static Encoding decodeEncoding(byte[] name) {
    if (Arrays.equals(name, JSON)) {
      return Encoding.JSON;
    }
    if (Arrays.equals(name, TEXT)) {
      return Encoding.TEXT;
    }
    if (Arrays.equals(name, BINARY)) {
      return Encoding.BINARY;
    }
    throw new BadMessage(
        "the protocol is json, text or binary, this one is '"
            + new String(name, StandardCharsets.UTF_8)
            + "'");
  }
}
