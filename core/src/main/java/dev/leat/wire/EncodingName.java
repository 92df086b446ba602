package dev.leat.wire;

import dev.leat.BadMessage;
import dev.leat.Encoding;
import java.nio.charset.StandardCharsets;

/** An encoding as the wire has it. */
final class EncodingName {
  private static final byte[] JSON = Utf8.encode(Encoding.JSON.wireName());
  private static final byte[] TEXT = Utf8.encode(Encoding.TEXT.wireName());
  private static final byte[] BINARY = Utf8.encode(Encoding.BINARY.wireName());

  private EncodingName() {}

  static byte[] encode(Encoding encoding) {
    return switch (encoding) {
      case JSON -> JSON;
      case TEXT -> TEXT;
      case BINARY -> BINARY;
    };
  }

  /** The encoding that a string of an entry names. */
  static Encoding decode(EntryStrings entry, int position) {
    if (entry.is(position, JSON)) {
      return Encoding.JSON;
    }
    if (entry.is(position, TEXT)) {
      return Encoding.TEXT;
    }
    if (entry.is(position, BINARY)) {
      return Encoding.BINARY;
    }
    throw new BadMessage(
        "the protocol is json, text or binary, this one is '"
            + new String(entry.get(position), StandardCharsets.UTF_8)
            + "'");
  }
}
