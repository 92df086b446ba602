package dev.leat.wire;

import dev.leat.Headers;
import dev.leat.Message;
import dev.leat.Problem;
import java.time.Instant;

/**
 * A message that was given up, kept with its cause; written alike by every broker.
 *
 * @param message as it was, with its own headers and destination
 * @param cause what went wrong, in a few words
 * @param detail what went wrong this time; may be empty
 * @param stack for those who mend it, not for strangers; may be empty
 * @param attempts how often it was handed over
 * @param acceptedAt when its stream took it
 * @param at when it was given up
 * @param group whose workers gave it up; may be empty
 * @param member that did; may be empty
 */
public record DeadLetter(
    Message message,
    String cause,
    String detail,
    String stack,
    int attempts,
    Instant acceptedAt,
    Instant at,
    String group,
    String member) {

  /** Cause of one whose entry breaks the protocol: it holds the entry's strings, for people. */
  public static final String BROKEN_ENTRY = "Entry breaks the protocol";

  /** Cause of one whose entry was deleted before it was completed: there is nothing else left. */
  public static final String PAYLOAD_LOST = "Payload lost";

  /** What the names of a dead letter's own headers begin with. */
  private static final String PREFIX = "dead.";

  static final String CAUSE = "dead.cause";
  private static final String DETAIL = "dead.detail";
  private static final String STACK = "dead.stack";

  /** Header of a dead letter: how often it was handed over. */
  public static final String ATTEMPTS = "dead.attempts";

  private static final String ACCEPTED = "dead.accepted";
  static final String AT = "dead.at";
  private static final String DESTINATION = "dead.destination";
  private static final String GROUP = "dead.group";
  static final String MEMBER = "dead.member";

  /** A message that is given up now, by nobody in particular. */
  public static DeadLetter of(Message message, Problem cause, int attempts, Instant now) {
    return new DeadLetter(message, cause.title(), cause.detail(), "", attempts, now, now, "", "");
  }

  /** Whether there is no message that could be sent back. */
  public boolean isOfBrokenEntry() {
    return message.type().isEmpty() && (cause.equals(BROKEN_ENTRY) || cause.equals(PAYLOAD_LOST));
  }

  /** The same with who gave it up. */
  public DeadLetter by(String givingGroup, String givingMember) {
    return new DeadLetter(
        message, cause, detail, stack, attempts, acceptedAt, at, givingGroup, givingMember);
  }

  /** The same with when its stream took it. */
  public DeadLetter acceptedAt(Instant taken) {
    return new DeadLetter(message, cause, detail, stack, attempts, taken, at, group, member);
  }

  /** The same with what was under way when it went wrong. */
  public DeadLetter withStack(String trace) {
    return new DeadLetter(message, cause, detail, trace, attempts, acceptedAt, at, group, member);
  }

  /** As it stands in the stream of dead letters. */
  public Message written() {
    Headers.Builder headers =
        message.headers().toBuilder()
            .set(CAUSE, cause)
            .set(ATTEMPTS, Integer.toString(attempts))
            .set(ACCEPTED, Long.toString(acceptedAt.toEpochMilli()))
            .set(AT, Long.toString(at.toEpochMilli()));
    setUnlessEmpty(headers, DETAIL, detail);
    setUnlessEmpty(headers, STACK, stack);
    setUnlessEmpty(headers, DESTINATION, message.destination());
    setUnlessEmpty(headers, GROUP, group);
    setUnlessEmpty(headers, MEMBER, member);
    return new Message(
        message.id(), message.type(), "", headers.build(), message.source(), message.payload());
  }

  /** Reads what stands in a stream of dead letters; what it does not say is empty or 0. */
  public static DeadLetter read(Message written) {
    Headers all = written.headers();
    Message original =
        new Message(
            written.id(),
            written.type(),
            text(all, DESTINATION),
            all.without(name -> name.startsWith(PREFIX)),
            written.source(),
            written.payload());
    return new DeadLetter(
        original,
        text(all, CAUSE),
        text(all, DETAIL),
        text(all, STACK),
        (int) number(all, ATTEMPTS),
        Instant.ofEpochMilli(number(all, ACCEPTED)),
        Instant.ofEpochMilli(number(all, AT)),
        text(all, GROUP),
        text(all, MEMBER));
  }

  private static void setUnlessEmpty(Headers.Builder headers, String name, String value) {
    if (!value.isEmpty()) {
      headers.set(name, value);
    }
  }

  private static String text(Headers headers, String name) {
    return headers.get(name).orElse("");
  }

  /** What others wrote may be anything. */
  static long number(Headers headers, String name) {
    try {
      return Long.parseLong(text(headers, name));
    } catch (NumberFormatException notANumber) {
      return 0;
    }
  }
}
