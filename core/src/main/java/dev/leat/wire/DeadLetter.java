package dev.leat.wire;

import dev.leat.Headers;
import dev.leat.Message;
import dev.leat.Problem;
import java.time.Instant;

/** A message that was given up, kept with its cause; written alike by every broker. */
public final class DeadLetter {
  /** Header of a dead letter: what went wrong, in a few words. */
  public static final String CAUSE = "dead.cause";

  /** Header of a dead letter: what went wrong this time; absent when there is no more to say. */
  public static final String DETAIL = "dead.detail";

  /** Header of a dead letter: how often it was handed over. */
  public static final String ATTEMPTS = "dead.attempts";

  /** Header of a dead letter: epoch milliseconds of the rejection. */
  public static final String AT = "dead.at";

  /** Header of a dead letter: where its reply was to go; absent when none was wanted. */
  public static final String DESTINATION = "dead.destination";

  private DeadLetter() {}

  /** The dead letter of a message that was given up. */
  public static Message of(Message message, Problem cause, int attempts, Instant now) {
    Headers.Builder headers =
        message.headers().toBuilder()
            .set(CAUSE, cause.title())
            .set(ATTEMPTS, Integer.toString(attempts))
            .set(AT, Long.toString(now.toEpochMilli()));
    if (!cause.detail().isEmpty()) {
      headers.set(DETAIL, cause.detail());
    }
    if (message.wantsReply()) {
      headers.set(DESTINATION, message.destination());
    }
    return new Message(
        message.id(), message.type(), "", headers.build(), message.source(), message.payload());
  }
}
