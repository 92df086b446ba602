package dev.leat.broker;

/**
 * What is known of an entry that breaks the protocol.
 *
 * @param entryId its place in the stream
 * @param messageId empty if it cannot be read
 * @param source who sent it; empty if that is not said, or cannot be read
 * @param cause the sentence that says what is wrong with it
 */
public record BrokenEntry(String entryId, String messageId, String source, String cause) {}
