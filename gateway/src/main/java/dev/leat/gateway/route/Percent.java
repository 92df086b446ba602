package dev.leat.gateway.route;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/** Percent-encoding (RFC 3986, section 2.1), read strictly. */
public final class Percent {
  private Percent() {}

  /**
   * Decodes a path's segment, where {@code +} is itself.
   *
   * @throws IllegalArgumentException if it is malformed
   */
  public static String decodeSegment(String text) {
    return decode(text, false);
  }

  /**
   * Decodes a name or value of a query, where {@code +} is a space.
   *
   * @throws IllegalArgumentException if it is malformed
   */
  public static String decodeQuery(String text) {
    return decode(text, true);
  }

  private static String decode(String text, boolean plusIsSpace) {
    boolean plain = text.indexOf('%') < 0 && (!plusIsSpace || text.indexOf('+') < 0);
    if (plain) {
      return text;
    }
    byte[] encoded = text.getBytes(StandardCharsets.UTF_8);
    ByteArrayOutputStream decoded = new ByteArrayOutputStream(encoded.length);
    for (int i = 0; i < encoded.length; i++) {
      if (encoded[i] == '%') {
        if (i + 2 >= encoded.length) {
          throw new IllegalArgumentException("a percent sign needs two hexadecimal digits");
        }
        decoded.write(
            (HexFormat.fromHexDigit(encoded[i + 1]) << 4) | HexFormat.fromHexDigit(encoded[i + 2]));
        i += 2;
      } else {
        decoded.write(plusIsSpace && encoded[i] == '+' ? ' ' : encoded[i]);
      }
    }
    return utf8(decoded.toByteArray());
  }

  private static String utf8(byte[] bytes) {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException malformed) {
      throw new IllegalArgumentException("what is percent-encoded is not UTF-8", malformed);
    }
  }
}
