package dev.leat.kafka;

import java.util.concurrent.Callable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What listeners throw is theirs: it stops nobody else. Any thread. */
final class Listeners {
  private static final Logger log = LoggerFactory.getLogger(Listeners.class);

  private Listeners() {}

  /** Whether the listener was called, and has returned. */
  static boolean call(Callable<Boolean> listener) {
    try {
      return listener.call();
    } catch (Exception | Error failure) {
      log.error("a listener failed", failure);
      return true;
    }
  }
}
