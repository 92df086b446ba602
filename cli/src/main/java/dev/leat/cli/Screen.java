package dev.leat.cli;

import java.io.Console;
import java.util.Optional;

/** Whether a person looks on, and what only they should see. */
final class Screen {
  private static final String FAINT = "\u001b[2m";
  private static final String BOLD = "\u001b[1m";
  private static final String REVERSED = "\u001b[7m";
  private static final String PLAIN = "\u001b[0m";

  /** Another screen, without a cursor; and back. */
  static final String BEGIN = "\u001b[?1049h\u001b[?25l";

  static final String END = "\u001b[?25h\u001b[?1049l";

  /** To its first place; and what empties what is left of a line, or of the screen. */
  static final String HOME = "\u001b[H";

  static final String REST_OF_LINE = "\u001b[K";
  static final String REST_OF_SCREEN = "\u001b[J";

  private final boolean colours;

  private Screen(boolean colours) {
    this.colours = colours;
  }

  /** The terminal, if that is where standard input and output are; see no-color.org. */
  static Screen ofThisProcess() {
    return new Screen(isTerminal() && System.getenv("NO_COLOR") == null);
  }

  static Screen of(boolean colours) {
    return new Screen(colours);
  }

  static boolean isTerminal() {
    return Optional.ofNullable(System.console()).filter(Console::isTerminal).isPresent();
  }

  /** What empties the screen before more is shown; nothing where it is none. */
  String cleared() {
    return isTerminal() ? "\u001b[H\u001b[2J" : "";
  }

  String faint(String text) {
    return colours ? FAINT + text + PLAIN : text;
  }

  /** Chosen among others; without colours a sign says so. */
  String reversed(String text) {
    return colours ? REVERSED + text + PLAIN : text.isEmpty() ? ">" : ">" + text.substring(1);
  }

  String bold(String text) {
    return colours ? BOLD + text + PLAIN : text;
  }
}
