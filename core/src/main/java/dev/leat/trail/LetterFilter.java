package dev.leat.trail;

import dev.leat.wire.DeadLetter;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Which dead letters are meant.
 *
 * @param ids of their messages; empty for all
 * @param types of their messages; empty for all
 * @param since given up then or later; empty for whenever
 * @param cause what their cause, or its detail, has in it, whatever the case; empty for all
 */
public record LetterFilter(
    List<String> ids, List<String> types, Optional<Instant> since, String cause) {
  /** All there are. */
  public static final LetterFilter ALL =
      new LetterFilter(List.of(), List.of(), Optional.empty(), "");

  /** Keeps copies. */
  public LetterFilter {
    ids = List.copyOf(ids);
    types = List.copyOf(types);
  }

  /** Whether one is. */
  public boolean takes(DeadLetter letter) {
    return (ids.isEmpty() || ids.contains(letter.message().id()))
        && (types.isEmpty() || types.contains(letter.message().type()))
        && since.filter(time -> letter.at().isBefore(time)).isEmpty()
        && says(letter);
  }

  private boolean says(DeadLetter letter) {
    return cause.isEmpty()
        || (letter.cause() + ": " + letter.detail())
            .toLowerCase(Locale.ROOT)
            .contains(cause.toLowerCase(Locale.ROOT));
  }
}
