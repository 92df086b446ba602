package dev.leat.cli;

import java.time.Instant;
import java.time.InstantSource;
import java.time.format.DateTimeParseException;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads a moment: how long ago, or when. */
final class InstantConverter implements ITypeConverter<Instant> {
  @Override
  public Instant convert(String text) {
    try {
      return Instant.parse(text);
    } catch (DateTimeParseException noInstant) {
      try {
        return InstantSource.system().instant().minus(new Durations().convert(text));
      } catch (RuntimeException noDuration) {
        throw new TypeConversionException(
            "'"
                + text
                + "' is neither how long ago, as in 2h, nor when, as in 2026-11-25T03:00:00Z");
      }
    }
  }
}
