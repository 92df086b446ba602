package dev.leat.cli;

import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads how many of something there are to be. */
final class Counts implements ITypeConverter<Integer> {
  @Override
  public Integer convert(String text) {
    try {
      int count = Integer.parseInt(text);
      if (count > 0) {
        return count;
      }
    } catch (NumberFormatException notANumber) {
      // Said below.
    }
    throw new TypeConversionException("'" + text + "' is not a number from 1 on");
  }
}
