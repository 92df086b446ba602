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

  /**
   * A request's target as its client wrote it. Servers read each byte as a character of its own;
   * what people type and programs leave as it is, is UTF-8.
   *
   * @param target with a character for each byte
   * @throws IllegalArgumentException if it is not UTF-8
   */
  public static String written(String target) {
    for (int i = 0; i < target.length(); i++) {
      if (target.charAt(i) > 0x7f) {
        return utf8(target.getBytes(StandardCharsets.ISO_8859_1));
      }
    }
    return target;
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
      throw new IllegalArgumentException("it is not UTF-8", malformed);
    }
  }
}
