package dev.leat.broker;

import dev.leat.Message;
import dev.leat.Position;

/**
 * A message where it stands in a stream.
 *
 * @param id its place, in the broker's own notation; good for {@link Position#after}
 * @param message what stands there
 * @param at when the stream took it, in the broker's time; epoch milliseconds
 */
public record Entry(String id, Message message, long at) {}
