package dev.leat.wire;

import dev.leat.Headers;
import dev.leat.Message;
import dev.leat.Payload;
import dev.leat.Problem;
import java.time.Instant;

/**
 * A mark that an attempt failed, and the message is to be tried again. It is written beside the
 * message, which stays where it is; what comes to its last attempt is a {@link DeadLetter}. An
 * attempt whose worker died left none.
 *
 * @param id of the message
 * @param type of the message
 * @param attempt which it was, from 1
 * @param group whose worker made it
 * @param member that made it
 * @param began when the handler began, by the worker's clock; {@code at} where that is not known
 * @param at when it failed
 * @param cause what went wrong, in a few words
 * @param detail what went wrong this time; may be empty
 */
public record FailedAttempt(
    String id,
    String type,
    int attempt,
    String group,
    String member,
    Instant began,
    Instant at,
    String cause,
    String detail) {
  private static final String ATTEMPT = "failed.attempt";
  private static final String GROUP = "failed.group";
  private static final String MEMBER = "failed.member";
  private static final String BEGAN = "failed.began";
  private static final String AT = "failed.at";
  private static final String CAUSE = "failed.cause";
  private static final String DETAIL = "failed.detail";

  /** Characters of a detail that are kept: an exception may quote what it was given. */
  private static final int LONGEST = 1_000;

  /** An attempt at a message that has failed now. */
  public static FailedAttempt of(
      Message message, int attempt, String group, String member, Instant began, Instant now) {
    return new FailedAttempt(
        message.id(), message.type(), attempt, group, member, began, now, "", "");
  }

  /** The same with why. */
  public FailedAttempt because(Problem problem, Throwable failure) {
    String said = String.valueOf(failure);
    String shown = said.length() > LONGEST ? said.substring(0, LONGEST) : said;
    return new FailedAttempt(id, type, attempt, group, member, began, at, problem.title(), shown);
  }

  /** As it stands in the stream of failed attempts. */
  public Message written() {
    Headers headers =
        Headers.NONE.toBuilder()
            .set(ATTEMPT, Integer.toString(attempt))
            .set(GROUP, group)
            .set(MEMBER, member)
            .set(BEGAN, Long.toString(began.toEpochMilli()))
            .set(AT, Long.toString(at.toEpochMilli()))
            .set(CAUSE, cause)
            .set(DETAIL, detail)
            .build();
    return new Message(id, type, "", headers, member, Payload.EMPTY);
  }

  /** Reads what stands there; what it does not say is empty or 0. */
  public static FailedAttempt read(Message written) {
    Headers all = written.headers();
    return new FailedAttempt(
        written.id(),
        written.type(),
        (int) DeadLetter.number(all, ATTEMPT),
        all.get(GROUP).orElse(""),
        all.get(MEMBER).orElse(""),
        Instant.ofEpochMilli(DeadLetter.number(all, BEGAN)),
        Instant.ofEpochMilli(DeadLetter.number(all, AT)),
        all.get(CAUSE).orElse(""),
        all.get(DETAIL).orElse(""));
  }
}
