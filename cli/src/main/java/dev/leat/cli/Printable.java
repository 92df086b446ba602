package dev.leat.cli;

/**
 * Text of strangers as it may stand in a log or on a terminal: without line breaks that would forge
 * a line, escape sequences that a terminal obeys, and signs that turn the order of others round.
 */
final class Printable {
  private Printable() {}

  /** On one line: what cannot be shown is written as in a Java string. */
  static String line(String text) {
    return of(text, false);
  }

  /** The same with the line breaks and tabs that it has. */
  static String text(String text) {
    return of(text, true);
  }

  private static String of(String text, boolean lines) {
    int first = 0;
    while (first < text.length() && isShown(text.charAt(first), lines)) {
      first++;
    }
    if (first == text.length()) {
      return text;
    }
    StringBuilder shown = new StringBuilder(text.length() + 16).append(text, 0, first);
    for (int i = first; i < text.length(); i++) {
      char sign = text.charAt(i);
      if (isShown(sign, lines)) {
        shown.append(sign);
      } else {
        shown.append(escaped(sign));
      }
    }
    return shown.toString();
  }

  private static boolean isShown(char sign, boolean lines) {
    return switch (Character.getType(sign)) {
      case Character.CONTROL -> lines && (sign == '\n' || sign == '\t');
      case Character.FORMAT, Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR -> false;
      default -> true;
    };
  }

  private static String escaped(char sign) {
    return switch (sign) {
      case '\n' -> "\\n";
      case '\r' -> "\\r";
      case '\t' -> "\\t";
      default -> "\\u%04x".formatted((int) sign);
    };
  }
}
