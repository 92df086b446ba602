package dev.leat;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;

/**
 * What a handler is told besides the payload.
 *
 * @param message the message as it arrived
 * @param attempt how often it has been handed to this group, this time included
 * @param clock that its deadline is measured by
 */
public record Request(Message message, int attempt, InstantSource clock) {
  private static final ScopedValue<Request> CURRENT = ScopedValue.newInstance();

  /** A request in the time of the system. */
  public Request(Message message, int attempt) {
    this(message, attempt, InstantSource.system());
  }

  /**
   * The request that the calling thread is handling. Calls made meanwhile inherit its deadline; a
   * thread that a handler starts by itself does not know it.
   */
  public static Optional<Request> current() {
    return CURRENT.isBound() ? Optional.of(CURRENT.get()) : Optional.empty();
  }

  /** Runs something as the handling of this request. */
  public <R> R handledBy(Callable<R> handling) throws Exception {
    return ScopedValue.where(CURRENT, this).call(handling::call);
  }

  /** The message's id. */
  public String id() {
    return message.id();
  }

  /** The message's type. */
  public String type() {
    return message.type();
  }

  /** When nobody waits for the reply any more; empty where nobody said. */
  public Optional<Instant> deadline() {
    return message.headers().deadline();
  }

  /** How long its sender still waits, zero once that is over; empty where nobody said. */
  public Optional<Duration> timeLeft() {
    return deadline()
        .map(at -> Duration.between(clock.instant(), at))
        .map(left -> left.isNegative() ? Duration.ZERO : left);
  }

  /** A header of the message, by the name it has on the wire. */
  public Optional<String> header(String name) {
    return message.headers().get(name);
  }

  /** A parameter of the route's path, decoded. */
  public Optional<String> param(String name) {
    return header(Headers.HTTP_PARAM + name);
  }

  /** A query parameter, decoded; of several values, the first. */
  public Optional<String> query(String name) {
    return header(Headers.HTTP_QUERY + name);
  }

  /** All values of a query parameter, decoded, in their order; none where it is not given. */
  public List<String> queryAll(String name) {
    return message.headers().all(Headers.HTTP_QUERY + name);
  }
}
