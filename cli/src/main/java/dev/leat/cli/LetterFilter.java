package dev.leat.cli;

import dev.leat.Position;
import dev.leat.trail.DeadLetters;
import dev.leat.trail.DeadLetters.Kept;
import dev.leat.wire.DeadLetter;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletionStage;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Which of a topic's dead letters a command is about. */
final class LetterFilter {
  private static final int PAGE = 100;

  @Parameters(
      paramLabel = "TOPIC",
      converter = TopicNames.class,
      description = "Such as users, or shop::orders.")
  private String topic;

  @Option(names = "--id", paramLabel = "ID", description = "Of these messages; may be repeated.")
  private @Nullable List<String> ids;

  @Option(names = "--type", paramLabel = "X", description = "Of this type; may be repeated.")
  private @Nullable List<String> types;

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
  private @Nullable String cause;

  String topic() {
    return topic;
  }

  /**
   * Looks at those that stand there when it begins, one after the other: what is given up
   * meanwhile, perhaps for the second time, is left for the next.
   */
  void forEach(DeadLetters letters, Consumer<Kept> action) {
    forEach(letters::range, action);
    forEach(letters::rangeOfOthers, action);
  }

  private void forEach(
      BiFunction<Position, Integer, CompletionStage<List<Kept>>> letters, Consumer<Kept> action) {
    Instant begin = InstantSource.system().instant();
    Position from = Position.START;
    while (true) {
      List<Kept> page = letters.apply(from, PAGE).toCompletableFuture().join();
      for (Kept kept : page) {
        if (kept.letter().at().isAfter(begin)) {
          return;
        }
        if (takes(kept.letter())) {
          action.accept(kept);
        }
      }
      if (page.isEmpty()) {
        return;
      }
      from = Position.after(page.getLast().entryId());
    }
  }

  private boolean takes(DeadLetter letter) {
    return (ids == null || ids.contains(letter.message().id()))
        && (types == null || types.contains(letter.message().type()))
        && (since == null || !letter.at().isBefore(since))
        && (cause == null || says(letter, cause.toLowerCase(Locale.ROOT)));
  }

  private static boolean says(DeadLetter letter, String text) {
    return (letter.cause() + ": " + letter.detail()).toLowerCase(Locale.ROOT).contains(text);
  }
}
