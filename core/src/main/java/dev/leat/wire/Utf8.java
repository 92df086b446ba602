package dev.leat.wire;

import dev.leat.BadMessage;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** Strict reading of UTF-8. Any thread. */
public final class Utf8 {
  private static final char REPLACEMENT = '\uFFFD';

  private Utf8() {}

  static byte[] encode(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** Whether bytes are well-formed UTF-8 (RFC 3629), and nothing else. */
  public static boolean is(byte[] bytes) {
    try {
      decode(bytes, 0, bytes.length, "it");
      return true;
    } catch (BadMessage malformed) {
      return false;
    }
  }

  /**
   * Hot path: the JDK's lenient decoder is intrinsic and much faster than the strict one, which is
   * asked only where the result holds the character that stands for malformed input.
   */
  static String decode(byte[] bytes, int from, int to, String what) {
    String text = new String(bytes, from, to - from, StandardCharsets.UTF_8);
    return text.indexOf(REPLACEMENT) < 0
        ? text
        : decodeStrictly(ByteBuffer.wrap(bytes, from, to - from), what);
  }

  private static String decodeStrictly(ByteBuffer bytes, String what) {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(bytes).toString();
    } catch (CharacterCodingException malformed) {
      throw new BadMessage(what + " is not UTF-8", malformed);
    }
  }
}
