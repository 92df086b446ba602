package dev.leat;

/**
 * What a worker does with messages that want no reply. Runs on a virtual thread of its own and may
 * block.
 *
 * @param <T> what the payload is read into
 */
@FunctionalInterface
public interface OneWay<T> {
  /**
   * Handles one message. Should somebody wait for a reply after all, it is an empty one.
   *
   * @throws Exception for whatever reason; the message then goes to the topic's dead letters, or
   *     whoever waits gets a problem
   */
  void handle(T payload, Request request) throws Exception;
}
