package dev.leat.bench;

/** What is posted. */
final class Body {
  private static final String BEGIN = "{\"id\":\"7\",\"text\":\"";
  private static final String END = "\"}";

  private Body() {}

  /** JSON of so many bytes, or a few more if that is too few. */
  static String of(int bytes) {
    int text = Math.max(0, bytes - BEGIN.length() - END.length());
    return BEGIN + "x".repeat(text) + END;
  }
}
