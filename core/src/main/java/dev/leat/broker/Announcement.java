package dev.leat.broker;

/** That somebody takes part, until this is closed. Any thread. */
@FunctionalInterface
public interface Announcement extends AutoCloseable {
  /** It is not there any more. Does not block; harmless when repeated. */
  @Override
  void close();
}
