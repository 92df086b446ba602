package dev.leat.cli;

import dev.leat.Topic;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads the name of a topic, which stays as it was given. */
final class TopicNames implements ITypeConverter<String> {
  @Override
  public String convert(String text) {
    try {
      Topic.of(text);
      return text;
    } catch (IllegalArgumentException refused) {
      throw new TypeConversionException(String.valueOf(refused.getMessage()));
    }
  }
}
