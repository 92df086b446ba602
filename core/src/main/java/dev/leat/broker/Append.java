package dev.leat.broker;

import dev.leat.Message;

/**
 * A message on its way to a stream.
 *
 * @param stream the stream's key
 * @param message what is appended
 */
public record Append(String stream, Message message) {}
