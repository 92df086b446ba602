package dev.leat;

/** Hearing a broadcast, until it is closed. */
public interface Listening extends AutoCloseable {
  /** Ends it; a message that is being handled meanwhile is interrupted. Any thread. */
  @Override
  void close();
}
