package dev.leat.cli;

import dev.leat.Headers;
import dev.leat.broker.OpenMessage;
import dev.leat.trail.Census;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;

/** A message that is open, as people read it. */
final class OpenLine {
  private OpenLine() {}

  /** On one line. */
  static String of(Census.Open open, Screen screen) {
    OpenMessage one = open.message();
    Headers headers = one.message().headers();
    StringBuilder line = new StringBuilder();
    line.append(screen.faint(Printable.line(one.message().id()))).append(' ');
    line.append(screen.bold(Printable.line(open.topic().topic() + " " + one.message().type())));
    line.append(' ').append(one.state().name().toLowerCase(Locale.ROOT).replace('_', ' '));
    one.member().ifPresent(member -> line.append(" by ").append(Printable.line(member)));
    line.append(", ").append(Shown.duration(open.age())).append(" old");
    if (one.attempt() > 0) {
      line.append(", attempt ").append(one.attempt());
    }
    headers.deadline().ifPresent(deadline -> line.append(", ").append(left(open, deadline)));
    headers
        .get(Headers.HTTP_METHOD)
        .ifPresent(
            method ->
                line.append(", ")
                    .append(
                        Printable.line(method + " " + headers.get(Headers.HTTP_PATH).orElse(""))));
    if (!open.group().isEmpty()) {
      line.append(", group ").append(Printable.line(open.group()));
    }
    return line.toString();
  }

  private static String left(Census.Open open, Instant deadline) {
    Duration left = Duration.between(open.at(), deadline);
    return left.isNegative()
        ? "deadline passed " + Shown.duration(left.negated()) + " ago"
        : Shown.duration(left) + " left";
  }
}
