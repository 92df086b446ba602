package dev.leat.wire;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Whether bytes are surely JSON, by one look without buffers or tokens. Any thread, an object for
 * each look. Hot path: a body is looked through at the gateway, at the worker and as a reply, and
 * with large ones a general reader is a seventh of what both cost. What is rare (deep nesting, very
 * long names and numbers, a byte order mark) and what is no JSON is for {@link JsonSyntax} to
 * judge.
 */
final class PlainJson {
  private static final VarHandle EIGHT =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  /** So that a bit for each open structure fits a long. */
  private static final int DEEPEST = 63;

  /** Far below what Jackson reads of a name (50,000) or a number (1,000). */
  private static final int LONGEST = 500;

  private static final int NOT_PLAIN = -1;
  private static final byte[] TRUE = {'t', 'r', 'u', 'e'};
  private static final byte[] FALSE = {'f', 'a', 'l', 's', 'e'};
  private static final byte[] NULL = {'n', 'u', 'l', 'l'};

  private final byte[] json;

  /** The innermost open structure is the lowest bit, which is set for an object. */
  private long open;

  private int depth;

  private PlainJson(byte[] json) {
    this.json = json;
  }

  /** True where they are one JSON value in UTF-8; false says nothing. */
  static boolean is(byte[] bytes) {
    PlainJson look = new PlainJson(bytes);
    int at = look.spaces(0);
    while (at >= 0) {
      at = look.value(at);
      if (at >= 0 && look.depth == 0) {
        return look.spaces(at) == bytes.length;
      }
    }
    return false;
  }

  /**
   * Goes over the value that begins here, or into it if it is a structure, and over what it ends.
   *
   * @return where the next value begins, or where the last has ended
   */
  private int value(int at) {
    byte first = at(at);
    if (first != '{' && first != '[') {
      int end = first == '"' ? string(at) : scalar(at, first);
      return end < 0 || depth == 0 ? end : next(end);
    }
    if (depth == DEEPEST) {
      return NOT_PLAIN;
    }
    boolean object = first == '{';
    depth++;
    open = open << 1 | (object ? 1 : 0);
    int inside = spaces(at + 1);
    if (at(inside) == (object ? '}' : ']')) {
      return next(inside);
    }
    return object ? name(inside) : inside;
  }

  /** Goes on behind a value inside a structure: over closing brackets and the comma after them. */
  private int next(int from) {
    int at = spaces(from);
    while (depth > 0) {
      boolean object = (open & 1) == 1;
      byte sign = at(at);
      if (sign == ',') {
        int inside = spaces(at + 1);
        return object ? name(inside) : inside;
      }
      if (sign != (object ? '}' : ']')) {
        return NOT_PLAIN;
      }
      depth--;
      open >>>= 1;
      at = spaces(at + 1);
    }
    return at;
  }

  private int name(int at) {
    int end = at(at) == '"' ? string(at) : NOT_PLAIN;
    if (end < 0 || end - at > LONGEST) {
      return NOT_PLAIN;
    }
    int colon = spaces(end);
    return at(colon) == ':' ? spaces(colon + 1) : NOT_PLAIN;
  }

  private int scalar(int at, byte first) {
    return switch (first) {
      case 't' -> word(at, TRUE);
      case 'f' -> word(at, FALSE);
      case 'n' -> word(at, NULL);
      default -> number(at);
    };
  }

  private int word(int from, byte[] word) {
    for (int i = 0; i < word.length; i++) {
      if (at(from + i) != word[i]) {
        return NOT_PLAIN;
      }
    }
    return from + word.length;
  }

  private int number(int from) {
    int whole = at(from) == '-' ? from + 1 : from;
    int end = at(whole) == '0' ? whole + 1 : digits(whole);
    if (end >= 0 && at(end) == '.') {
      end = digits(end + 1);
    }
    if (end >= 0 && (at(end) | 0x20) == 'e') {
      byte sign = at(end + 1);
      end = digits(sign == '-' || sign == '+' ? end + 2 : end + 1);
    }
    return end - from > LONGEST ? NOT_PLAIN : end;
  }

  /** At least one. */
  private int digits(int from) {
    int at = from;
    while (isDigit(at(at))) {
      at++;
    }
    return at == from ? NOT_PLAIN : at;
  }

  private static boolean isDigit(byte sign) {
    return sign >= '0' && sign <= '9';
  }

  /** Where it ends that begins with the quote here; eight signs at a time where none is special. */
  private int string(int quote) {
    int at = quote + 1;
    while (at >= 0 && at < json.length) {
      while (at + Long.BYTES <= json.length && isOrdinary(eight(json, at))) {
        at += Long.BYTES;
      }
      byte sign = at(at);
      if (sign == '"') {
        return at + 1;
      }
      at = sign == '\\' ? escape(at + 1) : sign < 0 ? unicode(at) : sign < ' ' ? NOT_PLAIN : at + 1;
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

  private int escape(int at) {
    return switch (at(at)) {
      case '"', '\\', '/', 'b', 'f', 'n', 'r', 't' -> at + 1;
      case 'u' ->
          isHex(at + 1) && isHex(at + 2) && isHex(at + 3) && isHex(at + 4) ? at + 5 : NOT_PLAIN;
      default -> NOT_PLAIN;
    };
  }

  private boolean isHex(int at) {
    byte sign = at(at);
    int letter = sign | 0x20;
    return isDigit(sign) || (letter >= 'a' && letter <= 'f');
  }

  /** Where a character of two to four bytes ends. */
  private int unicode(int at) {
    int lead = json[at] & 0xff;
    int rest =
        lead >= 0xc2 && lead < 0xe0
            ? 1
            : lead >= 0xe0 && lead < 0xf0 ? 2 : lead >= 0xf0 && lead < 0xf5 ? 3 : 0;
    for (int i = 1; i <= rest; i++) {
      if ((at(at + i) & 0xc0) != 0x80) {
        return NOT_PLAIN;
      }
    }
    return rest == 0 ? NOT_PLAIN : at + rest + 1;
  }

  private int spaces(int from) {
    int at = from;
    while (at < json.length
        && (json[at] == ' ' || json[at] == '\n' || json[at] == '\r' || json[at] == '\t')) {
      at++;
    }
    return at;
  }

  /** The byte there; zero, which nothing allows, behind the end. */
  private byte at(int at) {
    return at < json.length ? json[at] : 0;
  }
}
