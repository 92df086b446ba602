package dev.leat.wire;

import dev.leat.BadMessage;
import dev.leat.Encoding;
import dev.leat.Headers;
import dev.leat.Message;
import dev.leat.Payload;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Optional;

/**
 * Dead letters as later versions of Streamerson write them, in a stream of their own: named pairs
 * that say less than ours. Read as ours are, they lack what is not said.
 */
final class StreamersonLetter {
  private static final byte[] ID = Utf8.encode("messageId");
  private static final byte[] REASON = Utf8.encode("reason");
  private static final byte[] CONSUMER = Utf8.encode("consumer");
  private static final byte[] COUNT = Utf8.encode("deliveryCount");
  private static final byte[] PAYLOAD = Utf8.encode("payload");
  private static final byte[] FAILED_AT = Utf8.encode("failedAt");

  /** Of whatever kind a request was: its type is not kept, and there all have this one. */
  private static final String TYPE = "resp";

  private StreamersonLetter() {}

  /** The letter as it would stand among ours. */
  static Message decode(EntryStrings entry) {
    Payload payload = payload(text(entry, PAYLOAD).orElse(""));
    String id = text(entry, ID).orElseThrow(() -> new BadMessage("the field messageId is missing"));
    Headers headers =
        Headers.builder()
            .set(DeadLetter.CAUSE, text(entry, REASON).orElse(""))
            .set(DeadLetter.ATTEMPTS, text(entry, COUNT).orElse("0"))
            .set(DeadLetter.AT, millis(text(entry, FAILED_AT).orElse("")))
            .set(DeadLetter.MEMBER, text(entry, CONSUMER).orElse(""))
            .build();
    return new Message(id, TYPE, "", headers, "", payload);
  }

  private static Payload payload(String text) {
    byte[] bytes = Utf8.encode(text);
    boolean isJson = bytes.length > 0 && JsonSyntax.fault(bytes).isEmpty();
    return Payload.of(isJson ? Encoding.JSON : Encoding.TEXT, bytes);
  }

  /** Milliseconds, or a date as JavaScript writes it. */
  private static String millis(String failedAt) {
    try {
      return Long.toString(Instant.parse(failedAt).toEpochMilli());
    } catch (DateTimeParseException | ArithmeticException isNoDate) {
      return failedAt;
    }
  }

  private static Optional<String> text(EntryStrings entry, byte[] name) {
    for (int i = 0; i + 1 < entry.size(); i += 2) {
      if (entry.is(i, name)) {
        return Optional.of(entry.text(i + 1, "a value of a dead letter"));
      }
    }
    return Optional.empty();
  }
}
