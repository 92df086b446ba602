package dev.leat;

import java.time.Duration;
import java.util.function.Consumer;

/**
 * Handles the messages of topics, as one or several members of a group. Group, order, concurrency,
 * lease, drain, start and name are said before it is started; handlers, topics and the number of
 * members may change at any time. Any thread.
 *
 * <p>A handler that fails costs its own request and nothing else. It is tried again if its {@link
 * Handling} says so and its sender would wait for that; else the message goes to the topic's dead
 * letters, and its sender gets a problem at once. One whose sender has gone, or waits no more, is
 * interrupted.
 */
public interface Worker extends AutoCloseable {
  /** The group that workers join unless they say otherwise. */
  String DEFAULT_GROUP = "workers";

  /** Handlers that run at a time unless said otherwise; as many as one batch brings. */
  int DEFAULT_CONCURRENCY = 256;

  /** How long {@link #close} waits for handlers that are at work. */
  Duration DEFAULT_DRAIN = Duration.ofSeconds(10);

  /**
   * Binds a handler to a message type, with what is done around it by default: one attempt.
   *
   * @throws IllegalStateException if the type has a handler already
   */
  default <T> Worker on(String type, Class<T> payload, Handler<T> handler) {
    return on(type, payload, handler, Handling.DEFAULT);
  }

  /**
   * Binds a handler to a message type.
   *
   * @param payload what the payload is read into: {@code byte[]}, {@link String} and {@link
   *     Payload} as they stand, {@link Message} with everything around it, else from JSON. A
   *     payload that is empty is read from the request's path and query parameters
   * @throws IllegalStateException if the type has a handler already
   */
  <T> Worker on(String type, Class<T> payload, Handler<T> handler, Handling handling);

  /**
   * Leaves messages of types that it has no handler for to other groups: they are completed
   * untouched, whoever waits for a reply. A group whose handlers are all one-way does so by itself
   * with messages that want no reply, so that a type of event that is added breaks nobody who does
   * not know it. Else such a message is a dead letter, and its sender is told (501). What another
   * member of the group has a handler for is given back for that one in any case. All members of a
   * group say so, or none.
   */
  Worker others();

  /** Binds a handler of messages that want no reply, as {@link #on(String, Class, Handler)}. */
  default <T> Worker onOneWay(String type, Class<T> payload, OneWay<T> handler) {
    return onOneWay(type, payload, handler, Handling.DEFAULT);
  }

  /**
   * Binds a handler of messages that want no reply.
   *
   * @throws IllegalStateException if the type has a handler already
   */
  <T> Worker onOneWay(String type, Class<T> payload, OneWay<T> handler, Handling handling);

  /**
   * Takes a type's handler away; those at work finish. The topic's next message of the type is
   * refused by this worker, so others should handle it on a topic of its own by then.
   */
  Worker off(String type);

  /**
   * Handles the messages of one more topic, by the same handlers.
   *
   * @param topic as {@link Topic#of} reads it; nothing changes if it is handled already
   */
  Worker addTopic(String topic);

  /** Handles a topic no more, as by {@link #close}; returns at once and drains meanwhile. */
  Worker removeTopic(String topic);

  /**
   * Is this many members of the group on each topic, 1 unless said otherwise. Each reads by itself
   * and runs as many handlers as {@link #concurrency} says. With fewer than before, the last ones
   * drain and leave meanwhile; one that cannot go on is started again, after pauses that double
   * from a tenth of a second to half a minute.
   */
  Worker members(int number);

  /**
   * Gives its members stable names, the name with a number. A member that comes back under its name
   * goes on with what it held, at once rather than after a lease, where the broker keeps that. No
   * two share one: who comes while another of its name is at work is told so in its log, and goes
   * by that name and a number more.
   */
  Worker named(String name);

  /** Begins elsewhere than at the first message that is left, if it is what creates the group. */
  Worker from(Position start);

  /** Hears of what happens to its members; called on the broker's threads, must not block. */
  Worker onEvent(Consumer<WorkerEvent> listener);

  /** Joins another group than {@link #DEFAULT_GROUP}. */
  Worker group(String name);

  /**
   * Listens, in a group of its own: for audits, mirrors, statistics. Its handlers see every message
   * that they have a type for, also those that nobody waits for any more, and never answer anybody;
   * a type that it does not know is passed over. What its group has not handled yet says nothing of
   * how long a request will wait. All members of a group say so, or none.
   */
  Worker listening();

  /**
   * Appends replies to whatever stream a message names. Without it only to streams of replies,
   * {@code ...::PRODUCER_OUTGOING}, and a message that names another is a dead letter: else whoever
   * may write to this topic could have its workers write to all others. Who sent an entry that
   * breaks the protocol is told in a stream of replies alone.
   */
  Worker answersAnywhere();

  /**
   * Handles messages of one key ({@link Headers#KEY}) one at a time, in the order they were sent;
   * the next begins once the one before has come to its end, be that after retries, elsewhere, or
   * among the dead letters. Different keys, and messages without one, do not wait for each other.
   * All members of a group say so, or none.
   *
   * @throws Unsupported if the broker cannot do that
   */
  Worker ordered();

  /** Runs another number of handlers at a time for each member, at least 1. */
  Worker concurrency(int handlers);

  /** Holds messages by another lease, which is extended for as long as a handler runs. */
  Worker lease(Duration lease);

  /**
   * Has what is completed of its topics, with the replies and failed attempts of that, kept for
   * another time than the broker's URL says. It is kept so until somebody says another, also when
   * no worker is there any more; of several who say it the last is right.
   *
   * @throws Unsupported if the broker keeps all topics alike
   */
  Worker keep(Retention completed);

  /** The same of the dead letters of its topics. */
  Worker keepDeadLetters(Retention letters);

  /** Waits another time at {@link #close}. */
  Worker drain(Duration patience);

  /**
   * Begins. Blocks until its members are in their groups, so that who asks from now on is answered,
   * but two seconds at most, and not on an event loop: a broker that is away is waited for by the
   * members themselves.
   *
   * @return this worker
   * @throws Unsupported if the broker cannot do what was asked of it; it is closed then
   */
  Worker start();

  /** Messages that handlers are at work on. */
  int inFlight();

  /** How its deliveries have ended so far. */
  WorkerCounts counts();

  /**
   * Takes no more, waits for handlers at work, gives what is not done by then back to the group.
   * Blocks up to the patience of {@link #drain}; harmless when repeated.
   */
  @Override
  void close();

  /**
   * Has a {@link #close} that waits for handlers wait no longer: what is at work is given back now.
   * Without effect before. Does not block.
   */
  void hasten();
}
