package dev.leat.cli;

import dev.leat.Position;
import java.util.Locale;

/** Reads {@code start}, {@code now}, or the id of an entry. */
final class Positions {
  private Positions() {}

  static Position read(String text) {
    return switch (text.toLowerCase(Locale.ROOT)) {
      case "start" -> Position.START;
      case "now" -> Position.NOW;
      default -> Position.after(text);
    };
  }
}
