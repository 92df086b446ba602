package dev.leat.cli;

import dev.leat.Position;
import java.time.Instant;
import java.util.Locale;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads {@code start}, {@code now}, the id of an entry, or a time. */
final class Positions implements ITypeConverter<Position> {
  private static final Pattern ID = Pattern.compile("[0-9]{1,20}(-[0-9]{1,20})?");

  @Override
  public Position convert(String text) {
    return switch (text.toLowerCase(Locale.ROOT)) {
      case "start" -> Position.START;
      case "now" -> Position.NOW;
      default -> ID.matcher(text).matches() ? Position.after(text) : Position.at(time(text));
    };
  }

  private static Instant time(String text) {
    try {
      return new InstantConverter().convert(text);
    } catch (TypeConversionException neither) {
      throw new TypeConversionException(
          "'%s' is neither start nor now, nor a time such as 10m, nor the id of an entry such as 1795785230458-0"
              .formatted(text));
    }
  }
}
