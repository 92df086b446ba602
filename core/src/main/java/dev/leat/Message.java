package dev.leat;

/**
 * The unit on a stream.
 *
 * @param id names the request; its reply carries the same. Not empty; Leat writes a UUIDv7 ({@link
 *     MessageId})
 * @param type what handlers are bound to, such as {@code user.update}; a reply's is {@link #REPLY}
 * @param destination the key of the stream that the reply goes to; empty when none is wanted
 * @param headers what travels beside the payload
 * @param source who sent it; may be empty
 * @param payload the content
 */
public record Message(
    String id, String type, String destination, Headers headers, String source, Payload payload) {

  /** The type of every reply. */
  public static final String REPLY = "resp";

  /** Refuses a message that has no id. */
  public Message {
    if (id.isEmpty()) {
      throw new IllegalArgumentException("a message needs an id");
    }
  }

  /** Whether its sender waits for a reply. */
  public boolean wantsReply() {
    return !destination.isEmpty();
  }

  /** The reply to this message. */
  public Message reply(Headers replyHeaders, String replySource, Payload replyPayload) {
    return new Message(id, REPLY, "", replyHeaders, replySource, replyPayload);
  }

  /** Whether it is part of a reply, and not the last. */
  public boolean isPart() {
    return headers.has(Headers.SEQUENCE) && !headers.has(Headers.END);
  }

  /** The same message without what it is about, for lists. */
  public Message withoutPayload() {
    return new Message(id, type, destination, headers, source, Payload.EMPTY);
  }

  /** The same message with other headers. */
  public Message withHeaders(Headers other) {
    return new Message(id, type, destination, other, source, payload);
  }
}
