package dev.leat.cli;

import dev.leat.Encoding;
import dev.leat.Payload;
import dev.leat.wire.Redaction;
import java.util.Base64;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** How much of payloads is shown, and what is not. */
final class PayloadOptions {
  /** Signs of a payload that are shown to people, unless they want all. */
  private static final int SHOWN = 1_000;

  @Mixin private final RedactOption redact = new RedactOption();

  @Option(
      names = "--full",
      description = "Show all of each payload, not only the first 1,000 signs.")
  private boolean full;

  /** What nobody is to see. */
  Redaction redaction() {
    return redact.redaction();
  }

  /** On one line, for people. */
  String line(String type, Payload payload) {
    if (payload.size() == 0) {
      return "(empty)";
    }
    Payload shown = redact.of(type, payload);
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
}
