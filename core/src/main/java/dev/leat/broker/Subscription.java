package dev.leat.broker;

import java.util.concurrent.CompletionStage;

/** Reading that goes on until it is closed. Any thread. */
public interface Subscription extends AutoCloseable {
  /**
   * Lets the broker hand over this many more; it starts with none.
   *
   * @param more at least 1; what was asked for adds up
   */
  void request(int more);

  /** Refuses what {@link #request} does not take. */
  static void refuseNone(int more) {
    if (more < 1) {
      throw new IllegalArgumentException("ask for at least 1 more, was " + more);
    }
  }

  /**
   * Completes once it has begun: what is appended from then on is handed over. Until the broker is
   * there it does not complete; if it is closed before, it fails.
   */
  CompletionStage<?> ready();

  /**
   * Asks for no more, and completes once nothing more will be handed over. What still comes until
   * then is to be taken like everything else; what the broker has handed to nobody goes to others.
   * Where the broker is away this may take as long as it is; whoever cannot wait closes.
   */
  CompletionStage<?> end();

  /**
   * Ends it at once: nothing more is handed over once this returns, but for a batch that is under
   * way, and what was on its way goes to others. Deliveries still held stay with their holder until
   * they are ended or their lease lapses.
   */
  @Override
  void close();
}
