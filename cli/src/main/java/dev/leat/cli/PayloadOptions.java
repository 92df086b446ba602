package dev.leat.cli;

import dev.leat.Encoding;
import dev.leat.Message;
import dev.leat.Payload;
import dev.leat.wire.Redaction;
import java.util.Base64;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** How much of payloads is shown, and what is not. */
final class PayloadOptions {
  /** Signs of a payload that are shown to people, unless they want all. */
  private static final int SHOWN = 1_000;

  @Option(
      names = "--redact",
      paramLabel = "TYPE=/POINTER,...",
      defaultValue = "${env:LEAT_REDACT}",
      converter = Redactions.class,
      description =
          "Show *** instead of what these JSON pointers lead to, in requests of a type and their"
              + " replies: 'user.create=/password,/cards/*/number;*=/token'. Default: LEAT_REDACT.")
  private Redaction redaction = Redaction.NONE;

  @Option(
      names = "--full",
      description = "Show all of each payload, not only the first 1,000 signs.")
  private boolean full;

  /** What may be shown of a message, or of the reply to a request of a type. */
  Message shown(String type, Message message) {
    Payload payload = message.payload();
    Payload shown = redaction.of(type, payload);
    return shown.equals(payload)
        ? message
        : new Message(
            message.id(),
            message.type(),
            message.destination(),
            message.headers(),
            message.source(),
            shown);
  }

  /** On one line, for people. */
  String line(String type, Payload payload) {
    if (payload.size() == 0) {
      return "(empty)";
    }
    Payload shown = redaction.of(type, payload);
    String text =
        shown.encoding() == Encoding.BINARY
            ? Base64.getEncoder().encodeToString(shown.bytes())
            : shown.asText();
    if (!full && text.length() > SHOWN) {
      return Printable.line(text.substring(0, SHOWN))
          + " ... (%,d bytes; --full shows all)".formatted(payload.size());
    }
    return Printable.line(text);
  }

  /** Reads what is hidden; nothing is where nothing is said. */
  static final class Redactions implements ITypeConverter<Redaction> {
    @Override
    public Redaction convert(String text) {
      try {
        return Redaction.parse(text);
      } catch (IllegalArgumentException malformed) {
        throw new TypeConversionException(malformed.getMessage());
      }
    }
  }
}
