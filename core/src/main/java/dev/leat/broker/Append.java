package dev.leat.broker;

import dev.leat.Dialect;
import dev.leat.Message;

/**
 * A message on its way to a stream.
 *
 * @param stream the stream's key
 * @param message what is appended
 * @param dialect how it is laid out, where the broker has a choice ({@link
 *     Capability#NAMED_DIALECT})
 */
public record Append(String stream, Message message, Dialect dialect) {
  /** An append in the packed dialect. */
  public Append(String stream, Message message) {
    this(stream, message, Dialect.PACKED);
  }
}
