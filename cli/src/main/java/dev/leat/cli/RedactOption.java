package dev.leat.cli;

import dev.leat.Message;
import dev.leat.Payload;
import dev.leat.wire.Redaction;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** What of payloads nobody is to see. */
final class RedactOption {
  @Option(
      names = "--redact",
      paramLabel = "TYPE=/POINTER,...",
      defaultValue = "${env:LEAT_REDACT}",
      converter = Redactions.class,
      description =
          "Show *** instead of what these JSON pointers lead to, in requests of a type and their"
              + " replies: 'user.create=/password,/cards/*/number;*=/token'. Default: LEAT_REDACT.")
  private Redaction redaction = Redaction.NONE;

  /** What nobody is to see. */
  Redaction redaction() {
    return redaction;
  }

  /** What may be shown of a payload of a request of a type, or of its reply. */
  Payload of(String type, Payload payload) {
    return redaction.of(type, payload);
  }

  /** The same of a message. */
  Message of(String type, Message message) {
    return redaction.of(type, message);
  }

  /** Reads what is hidden. */
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
