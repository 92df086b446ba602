package dev.leat.cli;

import dev.leat.gateway.config.Units;
import java.time.Duration;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads {@code 500ms}, {@code 2s}, {@code 1m}. */
final class Durations implements ITypeConverter<Duration> {
  @Override
  public Duration convert(String text) {
    try {
      return Units.duration(text);
    } catch (IllegalArgumentException malformed) {
      throw new TypeConversionException(malformed.getMessage());
    }
  }
}
