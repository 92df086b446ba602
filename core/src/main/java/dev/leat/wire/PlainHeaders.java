package dev.leat.wire;

import dev.leat.Headers;
import java.nio.charset.StandardCharsets;
import java.util.function.BiConsumer;
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
    Sizer sizer = new Sizer();
    headers.forEach(sizer);
    Writer writer = new Writer(sizer.size);
    headers.forEach(writer);
    return writer.written();
  }

  /** How many bytes plain headers take; for one thread. */
  private static final class Sizer implements BiConsumer<String, String> {
    /** Quotes, colon, and comma or bracket beside a name and its value. */
    private static final int SIGNS = 6;

    /** The bracket before them all. */
    int size = 1;

    @Override
    public void accept(String name, String value) {
      size += name.length() + value.length() + SIGNS;
    }
  }

  /** For one thread. */
  private static final class Writer implements BiConsumer<String, String> {
    private final byte[] json;
    private int at = 1;
    private boolean plain = true;

    Writer(int size) {
      json = new byte[size];
      json[0] = '{';
    }

    @Override
    public void accept(String name, String value) {
      write(name, ':');
      write(value, ',');
    }

    private void write(String text, char after) {
      json[at++] = '"';
      for (int i = 0; i < text.length(); i++) {
        char sign = text.charAt(i);
        plain &= isPlain(sign);
        json[at++] = (byte) sign;
      }
      json[at++] = '"';
      json[at++] = (byte) after;
    }

    byte @Nullable [] written() {
      json[at - 1] = '}';
      return plain ? json : null;
    }
  }

  /** Null where they are not plain. */
  static @Nullable Headers decode(byte[] json, int from, int to) {
    Headers.Builder headers = Headers.builder();
    int at = from;
    int last = to - 1;
    if (last <= from || json[at++] != '{' || json[last] != '}') {
      return null;
    }
    while (at < last) {
      int endOfName = endOfString(json, at, last);
      if (endOfName <= at + 1 || endOfName + 2 > last || json[endOfName + 1] != ':') {
        return null;
      }
      int endOfValue = endOfString(json, endOfName + 2, last);
      if (endOfValue < 0) {
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
  private static int endOfString(byte[] json, int from, int to) {
    if (json[from] != '"') {
      return -1;
    }
    int at = from + 1;
    while (at + Long.BYTES <= to) {
      long special = PlainJson.special(PlainJson.eight(json, at));
      if (special != 0) {
        int first = at + (Long.numberOfTrailingZeros(special) >> 3);
        return json[first] == '"' ? first : -1;
      }
      at += Long.BYTES;
    }
    while (at < to && isPlain((char) json[at])) {
      at++;
    }
    return at < to && json[at] == '"' ? at : -1;
  }

  private static String text(byte[] json, int quote, int end) {
    return new String(json, quote + 1, end - quote - 1, StandardCharsets.ISO_8859_1);
  }

  private static boolean isPlain(char sign) {
    return sign >= ' ' && sign < 0x7f && sign != '"' && sign != '\\';
  }
}
