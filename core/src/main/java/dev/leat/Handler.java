package dev.leat;

import org.jspecify.annotations.Nullable;

/**
 * What a worker does with messages of one type. Runs on a virtual thread of its own and may block.
 *
 * @param <T> what the payload is read into
 */
@FunctionalInterface
public interface Handler<T> {
  /**
   * Handles one request.
   *
   * <p>What it returns becomes the reply: a {@link Reply} as it says, a {@link Payload} as it
   * stands, a {@code byte[]} as binary, a {@link String} as text, a {@link java.util.stream.Stream}
   * or a {@link java.util.concurrent.Flow.Publisher} in parts, anything else as JSON. Where nobody
   * waits for a reply, what is returned is dropped and may be {@code null}.
   *
   * @throws Exception for whatever reason; the sender gets a problem that does not say which, the
   *     worker's log does
   */
  @Nullable Object handle(T payload, Request request) throws Exception;
}
