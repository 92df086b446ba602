package dev.leat;

import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Is told of each request at the edge, of each message that is sent and each that is handled: to
 * trace them, or to measure. Those that {@link java.util.ServiceLoader} finds as {@link
 * TelemetryProvider} are used by every connection.
 *
 * <p>Any thread, also event loops: it must not block. Hot path. What it throws ends what it was
 * told of.
 */
public interface Telemetry {
  /** Nobody is told. */
  Telemetry NONE =
      new Telemetry() {
        @Override
        public boolean isOn() {
          return false;
        }
      };

  /** Whether anybody is told; if not, nothing is made up for it. */
  default boolean isOn() {
    return true;
  }

  /**
   * A connection was opened, or a part of one, whose timers and replies live on a loop; gives what
   * is done when it is closed.
   */
  default Runnable connected(Executor loop) {
    return () -> {};
  }

  /**
   * Headers with the trace that the calling thread is at work for, for messages that it sends; as
   * they are where it is none.
   */
  default Headers current(Headers headers) {
    return headers;
  }

  /**
   * A request has come in at the edge.
   *
   * @param scheme http or https
   * @param path as the client wrote it
   * @param headers gives the value of an HTTP header, or null
   */
  default Served serving(
      String method, String scheme, String path, Function<String, @Nullable String> headers) {
    return Served.NONE;
  }

  /** A message is about to be sent; it may have the trace that it is sent for in its headers. */
  default Sent sending(Outgoing message) {
    return Sent.NONE;
  }

  /** A handler is about to be run, on the calling thread. */
  default Handled handling(Work work) {
    return Handled.NONE;
  }

  /** The broker has answered how work has ended; or it was ended without a handler. */
  default void ended(Work work, Outcome outcome) {}

  /**
   * A message on its way out.
   *
   * @param wantsReply whether its sender waits
   */
  record Outgoing(Topic topic, String type, String id, boolean wantsReply, Headers headers) {}

  /**
   * A message that a member was handed.
   *
   * @param isHandled whether there is a handler for its type
   * @param attempt which it is, from 1
   * @param acceptedAt when its stream took it, by the clock of this process
   */
  record Work(
      Topic topic,
      String group,
      String member,
      Message message,
      boolean isHandled,
      int attempt,
      Instant acceptedAt) {}

  /** How work may end. */
  enum Outcome {
    /** It was answered, or done where nobody waited. */
    REPLIED,
    /** It failed, and is tried again. */
    RETRIED,
    /** It was given up. */
    DEAD_LETTERED,
    /** Its deadline had passed. */
    EXPIRED,
    /** Whoever asked had gone. */
    CANCELLED,
    /** Another member has it by now: without effect. */
    LATE
  }

  /** A request at the edge, until its response has ended. */
  interface Served {
    /** Nobody is told. */
    Served NONE = new Served() {};

    /** Headers of its message, with its trace. */
    default Headers addTo(Headers headers) {
      return headers;
    }

    /**
     * It has ended.
     *
     * @param route its path as a template; empty where no route took it
     * @param status of the response; 0 where the client went before it had ended
     */
    default void ended(Optional<String> route, int status) {}
  }

  /** A message that is being sent. */
  interface Sent {
    /** Nobody is told. */
    Sent NONE = new Sent() {};

    /** Its headers, with the trace of its sending. */
    default Headers addTo(Headers headers) {
      return headers;
    }

    /** The broker has it, or will not; null where it has. */
    default void ended(@Nullable Throwable failure) {}
  }

  /** Work that a handler is at. Used by the thread that runs the handler. */
  interface Handled {
    /** Nobody is told. */
    Handled NONE = new Handled() {};

    /** Headers of the request that the handler sees, with the trace of this work. */
    default Headers addTo(Headers headers) {
      return headers;
    }

    /** The handler is done; null where it has not failed. */
    default void ended(@Nullable Problem problem, @Nullable Throwable cause) {}
  }
}
