package dev.leat.wire;

import dev.leat.Headers;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Headers as nearly all of them are: visible ASCII without anything that JSON escapes, and no
 * spaces between. Any thread. Hot path: a message has its headers read twice and written twice, for
 * which a general reader of JSON is a fifth of what a worker costs. Whatever is not plain is for
 * {@link HeadersJson} to read or write.
 */
final class PlainHeaders {
  private PlainHeaders() {}

  /** Null where they are not plain. */
  static byte @Nullable [] encode(Headers headers) {
    int[] size = {1};
    headers.forEach((name, value) -> size[0] += name.length() + value.length() + 6);
    byte[] out = new byte[size[0]];
    int[] end = {0};
    headers.forEach(
        (name, value) -> {
          if (end[0] >= 0) {
            out[end[0]] = (byte) (end[0] == 0 ? '{' : ',');
            end[0] = quoted(value, out, quoted(name, out, end[0] + 1, ':'), '}');
          }
        });
    return end[0] < 0 ? null : out;
  }

  /**
   * Writes a string in quotes, and what comes after it, which may be written over.
   *
   * @return where to write on, behind a colon and on a bracket; below 0 if the string is not plain
   */
  private static int quoted(String text, byte[] out, int from, char after) {
    if (from < 0) {
      return from;
    }
    int at = from;
    out[at++] = '"';
    for (int i = 0; i < text.length(); i++) {
      char sign = text.charAt(i);
      if (!isPlain(sign)) {
        return -1;
      }
      out[at++] = (byte) sign;
    }
    out[at++] = '"';
    out[at] = (byte) after;
    return after == ':' ? at + 1 : at;
  }

  /** Null where they are not plain. */
  static @Nullable Headers decode(byte[] json) {
    Headers.Builder headers = Headers.builder();
    int at = 0;
    int last = json.length - 1;
    if (last < 1 || json[at++] != '{' || json[last] != '}') {
      return null;
    }
    while (at < last) {
      int endOfName = endOfString(json, at);
      if (endOfName <= at + 1 || endOfName + 2 > last || json[endOfName + 1] != ':') {
        return null;
      }
      int endOfValue = endOfString(json, endOfName + 2);
      if (endOfValue < 0 || endOfValue >= last) {
        return null;
      }
      headers.set(text(json, at, endOfName), text(json, endOfName + 2, endOfValue));
      at = endOfValue + 1;
      if (at < last && (json[at++] != ',' || at == last)) {
        return null;
      }
    }
    return headers.build();
  }

  /** Where the quote stands that ends the plain string which begins here; below 0 if none does. */
  private static int endOfString(byte[] json, int from) {
    if (json[from] != '"') {
      return -1;
    }
    for (int i = from + 1; i < json.length; i++) {
      if (json[i] == '"') {
        return i;
      }
      if (!isPlain((char) json[i])) {
        return -1;
      }
    }
    return -1;
  }

  private static String text(byte[] json, int quote, int end) {
    return new String(json, quote + 1, end - quote - 1, StandardCharsets.ISO_8859_1);
  }

  private static boolean isPlain(char sign) {
    return sign >= ' ' && sign < 0x7f && sign != '"' && sign != '\\';
  }
}
