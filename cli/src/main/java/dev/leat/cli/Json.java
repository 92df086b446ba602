package dev.leat.cli;

import dev.leat.trail.OperationsJson;

/** Documents as they are printed: on one line, and so that no terminal obeys them. */
final class Json {
  private Json() {}

  static String line(Object document) {
    return Printable.line(OperationsJson.text(document));
  }
}
