package dev.leat.gateway.route;

/** What names of HTTP are made of: methods, headers (RFC 9110, section 5.6.2). */
public final class Token {
  /** Besides letters and digits. */
  private static final String MARKS = "!#$%&'*+-.^_`|~";

  private Token() {}

  /** Whether a text is one. */
  public static boolean is(String text) {
    for (int i = 0; i < text.length(); i++) {
      char sign = text.charAt(i);
      boolean letter = (sign >= 'a' && sign <= 'z') || (sign >= 'A' && sign <= 'Z');
      boolean digit = sign >= '0' && sign <= '9';
      if (!letter && !digit && MARKS.indexOf(sign) < 0) {
        return false;
      }
    }
    return !text.isEmpty();
  }
}
