package dev.leat.wire;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Whether bytes are surely JSON, by one look without buffers or tokens. Any thread. Hot path: a
 * body is looked through at the gateway, at the worker and as a reply, and with large ones a
 * general reader is a seventh of what both cost. What is rare (deep nesting, very long names and
 * numbers, a byte order mark) and what is no JSON is for {@link JsonSyntax} to judge.
 */
final class PlainJson {
  private static final VarHandle EIGHT =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  /** Far below what Jackson reads of a name (50,000) or a number (1,000). */
  private static final int LONGEST = 500;

  private static final int NOT_PLAIN = -1;
  private static final byte[] TRUE = {'t', 'r', 'u', 'e'};
  private static final byte[] FALSE = {'f', 'a', 'l', 's', 'e'};
  private static final byte[] NULL = {'n', 'u', 'l', 'l'};

  private PlainJson() {}

  /** True where they are one JSON value in UTF-8; false says nothing. */
  static boolean is(byte[] json) {
    // A bit for each open structure, set for an object, the innermost lowest; one more before them.
    long open = 1;
    int at = spaces(json, 0);
    while (at >= 0) {
      byte first = at(json, at);
      if (first == '{' || first == '[') {
        if (open < 0) {
          return false;
        }
        open = open << 1 | (first == '{' ? 1 : 0);
        at = spaces(json, at + 1);
        if (at(json, at) != closing(open)) {
          at = value(json, at, open);
          continue;
        }
      } else {
        int end = first == '"' ? string(json, at) : scalar(json, at, first);
        if (end < 0) {
          return false;
        }
        at = spaces(json, end);
      }
      while (open != 1 && at(json, at) == closing(open)) {
        open >>>= 1;
        at = spaces(json, at + 1);
      }
      if (open == 1) {
        return at == json.length;
      }
      at = at(json, at) == ',' ? value(json, spaces(json, at + 1), open) : NOT_PLAIN;
    }
    return false;
  }

  /** What ends the innermost structure. */
  private static char closing(long open) {
    return (open & 1) == 1 ? '}' : ']';
  }

  /** Where the next value begins in the innermost structure; in an object behind its name. */
  private static int value(byte[] json, int at, long open) {
    return (open & 1) == 1 ? name(json, at) : at;
  }

  private static int name(byte[] json, int at) {
    int end = at(json, at) == '"' ? string(json, at) : NOT_PLAIN;
    if (end < 0 || end - at > LONGEST) {
      return NOT_PLAIN;
    }
    int colon = spaces(json, end);
    return at(json, colon) == ':' ? spaces(json, colon + 1) : NOT_PLAIN;
  }

  private static int scalar(byte[] json, int at, byte first) {
    return switch (first) {
      case 't' -> word(json, at, TRUE);
      case 'f' -> word(json, at, FALSE);
      case 'n' -> word(json, at, NULL);
      default -> number(json, at);
    };
  }

  private static int word(byte[] json, int from, byte[] word) {
    for (int i = 0; i < word.length; i++) {
      if (at(json, from + i) != word[i]) {
        return NOT_PLAIN;
      }
    }
    return from + word.length;
  }

  private static int number(byte[] json, int from) {
    int whole = at(json, from) == '-' ? from + 1 : from;
    int end = at(json, whole) == '0' ? whole + 1 : digits(json, whole);
    if (end >= 0 && at(json, end) == '.') {
      end = digits(json, end + 1);
    }
    if (end >= 0 && (at(json, end) | 0x20) == 'e') {
      byte sign = at(json, end + 1);
      end = digits(json, sign == '-' || sign == '+' ? end + 2 : end + 1);
    }
    return end - from > LONGEST ? NOT_PLAIN : end;
  }

  /** At least one. */
  private static int digits(byte[] json, int from) {
    int at = from;
    while (isDigit(at(json, at))) {
      at++;
    }
    return at == from ? NOT_PLAIN : at;
  }

  private static boolean isDigit(byte sign) {
    return sign >= '0' && sign <= '9';
  }

  /** Where it ends that begins with the quote here; eight signs at a time where none is special. */
  private static int string(byte[] json, int quote) {
    int at = quote + 1;
    while (at >= 0 && at < json.length) {
      while (at + Long.BYTES <= json.length && isOrdinary(eight(json, at))) {
        at += Long.BYTES;
      }
      byte sign = at(json, at);
      if (sign == '"') {
        return at + 1;
      }
      at =
          sign == '\\'
              ? escape(json, at + 1)
              : sign < 0 ? unicode(json, at) : sign < ' ' ? NOT_PLAIN : at + 1;
    }
    return NOT_PLAIN;
  }

  private static boolean isOrdinary(long eight) {
    return special(eight) == 0;
  }

  /** Eight bytes from here on, the first of them the lowest. */
  static long eight(byte[] bytes, int at) {
    return (long) EIGHT.get(bytes, at);
  }

  /**
   * The highest bit of each byte that is a quote, backslash, control character or beyond ASCII. A
   * byte is zero where subtracting one from it borrows, as in "Bit Twiddling Hacks" by S. E.
   * Anderson; a borrow of the byte below can only claim a special one too many, behind another.
   */
  static long special(long eight) {
    long ones = 0x0101010101010101L;
    long quotes = (eight ^ ones * '"') - ones;
    long backslashes = (eight ^ ones * '\\') - ones;
    long controls = eight - ones * ' ';
    return (eight | quotes | backslashes | controls) & ones << 7;
  }

  private static int escape(byte[] json, int at) {
    return switch (at(json, at)) {
      case '"', '\\', '/', 'b', 'f', 'n', 'r', 't' -> at + 1;
      case 'u' ->
          isHex(json, at + 1) && isHex(json, at + 2) && isHex(json, at + 3) && isHex(json, at + 4)
              ? at + 5
              : NOT_PLAIN;
      default -> NOT_PLAIN;
    };
  }

  private static boolean isHex(byte[] json, int at) {
    byte sign = at(json, at);
    int letter = sign | 0x20;
    return isDigit(sign) || (letter >= 'a' && letter <= 'f');
  }

  /**
   * Where a character of two to four bytes ends. The second byte also tells what is longer than it
   * has to be, half of a pair, or beyond the last character (RFC 3629, section 4).
   */
  private static int unicode(byte[] json, int at) {
    int lead = json[at] & 0xff;
    int second = at(json, at + 1) & 0xff;
    int from = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
    int to = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
    if (lead < 0xc2 || lead > 0xf4 || second < from || second > to) {
      return NOT_PLAIN;
    }
    int length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    for (int i = 2; i < length; i++) {
      if ((at(json, at + i) & 0xc0) != 0x80) {
        return NOT_PLAIN;
      }
    }
    return at + length;
  }

  private static int spaces(byte[] json, int from) {
    int at = from;
    while (at < json.length
        && (json[at] == ' ' || json[at] == '\n' || json[at] == '\r' || json[at] == '\t')) {
      at++;
    }
    return at;
  }

  /** The byte there; zero, which nothing allows, behind the end. */
  private static byte at(byte[] json, int at) {
    return at < json.length ? json[at] : 0;
  }
}
