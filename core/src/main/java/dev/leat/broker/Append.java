package dev.leat.broker;

import dev.leat.Dialect;
import dev.leat.Message;
import dev.leat.StreamRef;

/**
 * A message on its way to a stream.
 *
 * @param stream where it is appended
 * @param message what is appended
 * @param dialect how it is laid out, where the broker has a choice ({@link
 *     Capability#NAMED_DIALECT})
 */
public record Append(StreamRef stream, Message message, Dialect dialect) {
  /** An append in the packed dialect. */
  public Append(StreamRef stream, Message message) {
    this(stream, message, Dialect.PACKED);
  }
}
