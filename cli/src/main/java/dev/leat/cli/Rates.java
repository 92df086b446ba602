package dev.leat.cli;

import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads {@code 50/s}, {@code 50}, or {@code 30/m}, as so many a second. */
final class Rates implements ITypeConverter<Double> {
  @Override
  public Double convert(String text) {
    String number = text.replaceFirst("/[sm]$", "");
    try {
      double rate = Double.parseDouble(number) / (text.endsWith("/m") ? 60 : 1);
      if (rate > 0 && !Double.isInfinite(rate)) {
        return rate;
      }
    } catch (NumberFormatException notANumber) {
      // Refused below, with what is no rate.
    }
    throw new TypeConversionException("'" + text + "' is no rate, such as 50/s or 30/m");
  }
}
