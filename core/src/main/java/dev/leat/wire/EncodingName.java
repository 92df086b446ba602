package dev.leat.wire;

import dev.leat.BadMessage;
import dev.leat.Encoding;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

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

  static Encoding decode(byte[] name) {
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
