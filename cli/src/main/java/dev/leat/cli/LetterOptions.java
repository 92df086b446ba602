package dev.leat.cli;

import dev.leat.Topic;
import dev.leat.trail.LetterFilter;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Which of a topic's dead letters a command is about. */
final class LetterOptions {
  @Parameters(
      paramLabel = "TOPIC",
      converter = TopicNames.class,
      description = "Such as users, or shop::orders.")
  private String topic;

  @Option(names = "--id", paramLabel = "ID", description = "Of these messages; may be repeated.")
  private List<String> ids = List.of();

  @Option(names = "--type", paramLabel = "X", description = "Of this type; may be repeated.")
  private List<String> types = List.of();

  @Option(
      names = "--since",
      paramLabel = "TIME",
      converter = InstantConverter.class,
      description = "Given up since then: 2h ago, or 2026-11-25T03:00:00Z.")
  private @Nullable Instant since;

  @Option(
      names = "--cause",
      paramLabel = "TEXT",
      description = "Whose cause, or its detail, has this in it; case does not matter.")
  private String cause = "";

  Topic topic() {
    return Topic.of(topic);
  }

  LetterFilter filter() {
    return new LetterFilter(ids, types, Optional.ofNullable(since), cause);
  }
}
