package dev.leat.wire;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.Arrays;
import java.util.Collection;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.exc.InputCoercionException;
import tools.jackson.databind.exc.MismatchedInputException;
import tools.jackson.databind.exc.UnrecognizedPropertyException;
import tools.jackson.databind.exc.ValueInstantiationException;

/**
 * Says to whoever sent JSON of another shape where it is and what would be taken there. Jackson's
 * own sentences name classes, and may quote what was sent.
 */
final class Mismatch {
  /** Names of an enum or members of an object that are listed. */
  private static final int LISTED = 20;

  private static final Map<Class<?>, String> KINDS =
      Map.ofEntries(
          Map.entry(byte.class, range(Byte.MIN_VALUE, Byte.MAX_VALUE)),
          Map.entry(short.class, range(Short.MIN_VALUE, Short.MAX_VALUE)),
          Map.entry(int.class, range(Integer.MIN_VALUE, Integer.MAX_VALUE)),
          Map.entry(long.class, range(Long.MIN_VALUE, Long.MAX_VALUE)),
          Map.entry(Byte.class, range(Byte.MIN_VALUE, Byte.MAX_VALUE)),
          Map.entry(Short.class, range(Short.MIN_VALUE, Short.MAX_VALUE)),
          Map.entry(Integer.class, range(Integer.MIN_VALUE, Integer.MAX_VALUE)),
          Map.entry(Long.class, range(Long.MIN_VALUE, Long.MAX_VALUE)),
          Map.entry(BigInteger.class, "a whole number"),
          Map.entry(float.class, "a number"),
          Map.entry(double.class, "a number"),
          Map.entry(Float.class, "a number"),
          Map.entry(Double.class, "a number"),
          Map.entry(BigDecimal.class, "a number"),
          Map.entry(boolean.class, "true or false"),
          Map.entry(Boolean.class, "true or false"),
          Map.entry(char.class, "one character"),
          Map.entry(Character.class, "one character"),
          Map.entry(String.class, "a string"),
          Map.entry(UUID.class, "a UUID"),
          Map.entry(LocalDate.class, "a date such as \"2026-01-31\""),
          Map.entry(Instant.class, "a time such as \"2026-01-31T09:30:00Z\""),
          Map.entry(Duration.class, "a duration such as \"PT1.5S\""));

  private Mismatch() {}

  /** The sentence; the place is a JSON pointer (RFC 6901). */
  static String sentence(JacksonException mismatch) {
    String place = pointer(mismatch);
    return switch (mismatch) {
      case UnrecognizedPropertyException unknown ->
          "there is no member %s; there is %s"
              .formatted(
                  place,
                  unknown.getKnownPropertyIds().stream()
                      .map(String::valueOf)
                      .sorted()
                      .limit(LISTED)
                      .collect(Collectors.joining(", ")));
      case ValueInstantiationException refused ->
          "%s is not allowed as it is".formatted(named(place));
      case MismatchedInputException other ->
          "%s has to be %s".formatted(named(place), wanted(other.getTargetType()));
      case InputCoercionException beyond ->
          "%s has to be %s".formatted(named(place), wanted(beyond.getTargetType()));
      default -> "%s cannot be read".formatted(named(place));
    };
  }

  private static String named(String place) {
    return place.isEmpty() ? "the payload" : place;
  }

  private static String wanted(@Nullable Class<?> kind) {
    if (kind == null) {
      return "something else";
    }
    String known = KINDS.get(kind);
    if (known != null) {
      return known;
    }
    if (kind.isEnum()) {
      return Arrays.stream(kind.getEnumConstants())
          .map(String::valueOf)
          .limit(LISTED)
          .collect(Collectors.joining(", ", "one of ", ""));
    }
    if (kind.isArray() || Collection.class.isAssignableFrom(kind)) {
      return "an array";
    }
    return kind.getName().startsWith("java.time.") ? "a time as ISO 8601 writes it" : "an object";
  }

  private static String range(long from, long to) {
    return "a whole number from %d to %d".formatted(from, to);
  }

  private static String pointer(JacksonException mismatch) {
    StringBuilder pointer = new StringBuilder();
    for (JacksonException.Reference step : mismatch.getPath()) {
      String name = step.getPropertyName();
      pointer.append('/');
      pointer.append(name == null ? step.getIndex() : name.replace("~", "~0").replace("/", "~1"));
    }
    return pointer.toString();
  }
}
