package dev.leat.cli;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import org.slf4j.LoggerFactory;

/** What is logged, on standard error. */
final class Logs {
  private Logs() {}

  /**
   * A command that others look after tells the operator's story too, unless {@code LEAT_LOG} says
   * what it wants.
   */
  static void tellOperators() {
    if (System.getenv("LEAT_LOG") == null
        && LoggerFactory.getLogger("dev.leat") instanceof Logger house) {
      house.setLevel(Level.INFO);
    }
  }
}
