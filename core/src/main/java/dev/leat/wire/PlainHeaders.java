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
    StringBuilder out = new StringBuilder(48 * headers.size());
    boolean[] plain = {true};
    headers.forEach(
        (name, value) -> {
          plain[0] = plain[0] && isPlain(name) && isPlain(value);
          out.append(out.isEmpty() ? "{\"" : ",\"").append(name);
          out.append("\":\"").append(value).append('"');
        });
    return plain[0] ? out.append('}').toString().getBytes(StandardCharsets.ISO_8859_1) : null;
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

  private static boolean isPlain(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (!isPlain(text.charAt(i))) {
        return false;
      }
    }
    return true;
  }

  private static boolean isPlain(char sign) {
    return sign >= ' ' && sign < 0x7f && sign != '"' && sign != '\\';
  }
}
