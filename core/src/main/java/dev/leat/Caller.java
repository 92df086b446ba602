package dev.leat;

import java.time.Duration;
import java.util.concurrent.CompletionStage;

/**
 * Asks services over their topics. Any thread but an event loop's.
 *
 * <p>What is called from within a handler ends no later than the request being handled, carries its
 * trace context and names it as its cause.
 */
public interface Caller {
  /**
   * Sends a request and waits for its reply.
   *
   * @param payload as {@link Handler#handle} may return it
   * @param reply what the reply is read into, as in {@link Worker#on}
   * @param timeout how long to wait at most
   * @throws HandlerFailed if the handler answered with a problem
   * @throws DeadlineExceeded if there was no reply in time
   * @throws BadReply if the reply cannot be read into what was asked for
   * @throws StreamFull if the topic takes no more
   * @throws BrokerUnavailable if the broker does not answer
   * @throws Cancelled if the waiting thread was interrupted, or the caller closed
   */
  <R> R call(String topic, String type, Object payload, Class<R> reply, Duration timeout);

  /** The same without waiting; the result fails with what {@link #call} throws. */
  <R> CompletionStage<R> callAsync(
      String topic, String type, Object payload, Class<R> reply, Duration timeout);

  /**
   * Sends a request and reads its reply part by part, as they are written: {@link Reply#parts}. One
   * reply is a single part.
   *
   * @param payload as {@link Handler#handle} may return it
   * @param part what a part is read into, as in {@link Worker#on}
   * @param timeout until the last part is to be there
   */
  <R> Parts<R> stream(String topic, String type, Object payload, Class<R> part, Duration timeout);

  /**
   * Sends a message that wants no reply. When this returns, the broker has it.
   *
   * @return the message's id
   * @throws StreamFull if the topic takes no more
   * @throws BrokerUnavailable if the broker does not answer
   */
  String send(String topic, String type, Object payload);

  /**
   * A caller whose messages are about one thing: where workers keep order, they handle them one
   * after the other.
   *
   * @param key not empty, such as an order's number
   */
  default Caller withKey(String key) {
    if (key.isEmpty()) {
      throw new IllegalArgumentException("a key must not be empty");
    }
    return with(Headers.of(Headers.KEY, key));
  }

  /** A caller that sends these headers along. */
  Caller with(Headers headers);
}
