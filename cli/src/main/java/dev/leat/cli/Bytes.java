package dev.leat.cli;

import dev.leat.gateway.config.Units;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads {@code 1000}, {@code 64KiB}, {@code 1GiB}. */
final class Bytes implements ITypeConverter<Long> {
  @Override
  public Long convert(String text) {
    try {
      return Units.size(text);
    } catch (IllegalArgumentException malformed) {
      throw new TypeConversionException(malformed.getMessage());
    }
  }
}
