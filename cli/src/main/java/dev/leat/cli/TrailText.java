package dev.leat.cli;

import dev.leat.Headers;
import dev.leat.Message;
import dev.leat.broker.OpenMessage;
import dev.leat.trail.Trail;
import java.io.PrintWriter;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;

/** A trail as people read it: what was sent because of a request stands below it, further in. */
final class TrailText {
  private static final String DEEPER = "    ";

  private final PrintWriter out;
  private final Screen screen;
  private final PayloadOptions payloads;

  TrailText(PrintWriter out, Screen screen, PayloadOptions payloads) {
    this.out = out;
    this.screen = screen;
    this.payloads = payloads;
  }

  void print(Trail trail) {
    print(trail, "", trail.accepted());
  }

  /**
   * One and those below it.
   *
   * @param begin when the first was taken, from which times are told
   */
  private void print(Trail trail, String indent, Instant begin) {
    Message request = trail.request();
    Headers headers = request.headers();
    String asked =
        headers
            .get(Headers.HTTP_METHOD)
            .map(method -> "  " + method + " " + headers.get(Headers.HTTP_PATH).orElse(""))
            .orElse("");
    line(
        indent,
        screen.faint(Printable.line(request.id()))
            + " "
            + screen.bold(Printable.line(trail.topic() + " " + request.type()))
            + Printable.line(asked));
    String in = indent + "  ";
    line(in, Printable.line(accepted(trail, begin)));
    if (indent.isEmpty()) {
      headers
          .get(Headers.REPLAY_OF)
          .ifPresent(
              recorded ->
                  line(
                      in,
                      Printable.line(
                          "sent again, as %s was recorded, by replay %s"
                              .formatted(recorded, headers.get(Headers.REPLAY).orElse("?")))));
      headers.get(Headers.CAUSE).ifPresent(cause -> line(in, Printable.line("caused by " + cause)));
    }
    line(in, "request  " + payloads.line(request.type(), request.payload()));
    for (Trail.Attempt attempt : trail.attempts()) {
      attempt(in, attempt, begin);
    }
    trail.children().forEach(child -> print(child, indent + DEEPER, begin));
    ending(in, trail, begin);
    trail.unknown().forEach(why -> line(in, screen.faint("not known: " + Printable.line(why))));
  }

  private static String accepted(Trail trail, Instant begin) {
    Message request = trail.request();
    String when =
        trail.accepted().equals(begin)
            ? trail.accepted().toString()
            : since(begin, trail.accepted());
    String from = request.source().isEmpty() ? "" : " from " + request.source();
    String deadline =
        request
            .headers()
            .deadline()
            .map(
                at ->
                    at.isBefore(trail.accepted())
                        ? ", its deadline had passed by then, or its maker's clock is behind"
                        : ", to be answered within "
                            + Shown.duration(Duration.between(trail.accepted(), at)))
            .orElse("");
    return "accepted " + when + from + deadline;
  }

  private void attempt(String in, Trail.Attempt attempt, Instant begin) {
    StringBuilder said = new StringBuilder("attempt ");
    said.append(attempt.number() == 0 ? "?" : attempt.number());
    if (!attempt.member().isEmpty()) {
      said.append(" by ").append(attempt.member());
    }
    if (!attempt.group().isEmpty()) {
      said.append(" of ").append(attempt.group());
    }
    attempt
        .ended()
        .flatMap(ended -> attempt.took().map(ended::minus))
        .ifPresent(began -> said.append(", began ").append(since(begin, began)));
    attempt.took().ifPresent(took -> said.append(", took ").append(precise(took)));
    attempt.ended().ifPresent(ended -> said.append(", ended ").append(since(begin, ended)));
    attempt
        .failure()
        .ifPresent(
            failure -> {
              said.append(": ").append(failure.cause());
              if (!failure.detail().isEmpty()) {
                said.append(": ").append(failure.detail());
              }
            });
    line(in, Printable.line(said.toString()));
    attempt
        .failure()
        .filter(failure -> !failure.stack().isEmpty())
        .ifPresent(
            failure ->
                failure
                    .stack()
                    .lines()
                    .limit(4)
                    .forEach(
                        frame -> line(in + "  ", screen.faint(Printable.line(frame.strip())))));
  }

  private void ending(String in, Trail trail, Instant begin) {
    switch (trail.ending()) {
      case Trail.Ending.Replied replied -> {
        line(
            in,
            (replied.isReplayed() ? "answered again by an earlier answer " : "replied ")
                + Printable.line(replied.reply().headers().get(Headers.STATUS).orElse("200"))
                + " "
                + since(begin, replied.at())
                + ", "
                + precise(Duration.between(trail.accepted(), replied.at()))
                + " after it was accepted");
        line(in, "reply    " + payloads.line(trail.request().type(), replied.reply().payload()));
      }
      case Trail.Ending.GivenUp given -> {
        line(
            in,
            "given up "
                + since(begin, given.at())
                + ", after "
                + given.letter().attempts()
                + (given.letter().attempts() == 1 ? " attempt" : " attempts")
                + Printable.line(
                    (given.letter().group().isEmpty() ? "" : " of group " + given.letter().group())
                        + (given.letter().member().isEmpty()
                            ? ""
                            : ", by " + given.letter().member())
                        + (given.letter().stack().isEmpty() ? ": " + given.letter().cause() : "")
                        + (given.letter().stack().isEmpty() && !given.letter().detail().isEmpty()
                            ? ": " + given.letter().detail()
                            : "")));
        given
            .told()
            .ifPresent(
                told ->
                    line(in, "reply    " + payloads.line(trail.request().type(), told.payload())));
      }
      case Trail.Ending.Open open -> line(in, Printable.line(open(open)));
      case Trail.Ending.Completed completed -> line(in, "completed");
    }
  }

  private static String open(Trail.Ending.Open open) {
    OpenMessage message = open.message();
    String state = message.state().name().toLowerCase(Locale.ROOT).replace('_', ' ');
    Optional<Instant> due = message.due();
    return "open: "
        + state
        + message.member().map(member -> " by " + member).orElse("")
        + due.map(at -> " until " + at).orElse("")
        + (open.group().isEmpty()
            ? ", no group has ever read its topic"
            : ", group " + open.group());
  }

  private void line(String indent, String text) {
    out.println(indent + text);
  }

  private static String since(Instant begin, Instant at) {
    Duration after = Duration.between(begin, at);
    return after.isNegative() ? "-" + precise(after.negated()) : "+" + precise(after);
  }

  /** To a hundredth of a millisecond where that says something. */
  private static String precise(Duration duration) {
    long micros = duration.toNanos() / 1_000;
    return micros < 10_000 && micros % 1_000 != 0
        ? String.format(Locale.ROOT, "%.2fms", micros / 1_000.0)
        : Shown.duration(duration);
  }
}
