package dev.leat.gateway.http;

import dev.leat.BadConfiguration;
import dev.leat.BadMessage;
import dev.leat.BadReply;
import dev.leat.BrokerUnavailable;
import dev.leat.Cancelled;
import dev.leat.DeadlineExceeded;
import dev.leat.HandlerFailed;
import dev.leat.LeatException;
import dev.leat.Problem;
import dev.leat.StreamFull;
import dev.leat.Unsupported;
import dev.leat.gateway.admission.TopicReaders.Readers;
import dev.leat.gateway.route.Route;
import java.util.Optional;

/** The one table from errors to what an HTTP client reads. */
final class Problems {
  private Problems() {}

  /** What waits already leaves no room for it. */
  static Problem noRoom(String detail) {
    return Problem.of(503, "Too much waiting", detail + "; try again later");
  }

  static Problem of(LeatException failure) {
    return switch (failure) {
      case BadMessage bad -> Problem.of(400, "Bad request", String.valueOf(bad.getMessage()));
      case BadReply bad -> badReply(String.valueOf(bad.getMessage()));
      case DeadlineExceeded late -> Problem.of(504, "No reply in time", whatIsKnown(late));
      case StreamFull full -> Problem.of(503, "Too much waiting", "try again later");
      case BrokerUnavailable gone ->
          gone.isUncertain()
              ? Problem.of(
                  504, "Broker lost", "the request may have been taken; ask before you repeat")
              : Problem.of(503, "Broker unavailable", "the request was not taken; try again later");
      case Cancelled closing -> Problem.of(503, "Closing", "this gateway is closing; try again");
      case HandlerFailed failed -> failed.problem();
      case BadConfiguration wrong -> misconfigured();
      case Unsupported lacking -> misconfigured();
    };
  }

  private static String whatIsKnown(DeadlineExceeded late) {
    return switch (late.begun()) {
      case NO -> "no worker had taken it when its time was over; try again later";
      case YES -> "a worker has it, and may still do it; ask before you repeat";
      case UNKNOWN -> "the work may still be done; ask before you repeat";
    };
  }

  /** Why a request is not taken, where nobody is there to answer it and it would wait in vain. */
  static Optional<Problem> of(Readers readers, Route route) {
    return switch (readers) {
      case NEVER ->
          Optional.of(
              Problem.of(
                  503,
                  "No workers yet",
                  "no worker has ever read what this asks for; it was not taken"));
      case AWAY ->
          route.waitsForWorkers()
              ? Optional.empty()
              : Optional.of(
                  Problem.of(503, "No worker", "no worker is there just now; it was not taken"));
      case THERE -> Optional.empty();
    };
  }

  static Problem badReply(String detail) {
    return Problem.of(502, "Undecodable reply", detail);
  }

  /** What is wrong is for the log, not for strangers. */
  private static Problem misconfigured() {
    return Problem.of(500, "Gateway misconfigured", "");
  }
}
