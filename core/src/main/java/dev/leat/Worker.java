package dev.leat;

import java.time.Duration;

/**
 * Handles a topic's messages as a member of a group. Set up by one thread, then started once; what
 * happens after that is any thread's.
 *
 * <p>A handler that fails costs its own request and nothing else: its sender gets a problem at
 * once, and where nobody waits the message goes to the topic's dead letters.
 */
public interface Worker extends AutoCloseable {
  /** The group that workers join unless they say otherwise. */
  String DEFAULT_GROUP = "workers";

  /** Handlers that run at a time unless said otherwise; as many as one batch brings. */
  int DEFAULT_CONCURRENCY = 256;

  /** How long {@link #close} waits for handlers that are at work. */
  Duration DEFAULT_DRAIN = Duration.ofSeconds(10);

  /**
   * Binds a handler to a message type.
   *
   * @param payload what the payload is read into: {@code byte[]}, {@link String} and {@link
   *     Payload} as they stand, {@link Message} with everything around it, else from JSON. A
   *     payload that is empty is read from the request's path and query parameters
   * @throws IllegalStateException if the type has a handler already
   */
  <T> Worker on(String type, Class<T> payload, Handler<T> handler);

  /** Joins another group than {@link #DEFAULT_GROUP}. */
  Worker group(String name);

  /** Runs another number of handlers at a time, at least 1. */
  Worker concurrency(int handlers);

  /** Holds messages by another lease, which is extended for as long as a handler runs. */
  Worker lease(Duration lease);

  /** Waits another time at {@link #close}. */
  Worker drain(Duration patience);

  /**
   * Begins.
   *
   * @return this worker
   */
  Worker start();

  /** Messages that handlers are at work on. */
  int inFlight();

  /**
   * Takes no more, waits for handlers at work, gives what is not done by then back to the group.
   * Blocks up to the patience of {@link #drain}; harmless when repeated.
   */
  @Override
  void close();
}
