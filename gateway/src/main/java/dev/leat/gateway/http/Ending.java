package dev.leat.gateway.http;

import java.util.Locale;

/** How a request ended, as its client saw it. */
public enum Ending {
  /** With the worker's answer. */
  REPLIED,
  /** With the problem that a worker made of it, or of its reply. */
  FAILED,
  /** With 202: its message is in the stream, and no answer comes. */
  ACCEPTED,
  /** At the edge, for what was wrong with it or too much of it. */
  REFUSED,
  /** At its deadline. */
  EXPIRED,
  /** Since the broker, or room in it, was not to be had. */
  UNAVAILABLE,
  /** Without an answer: its client went away. */
  CANCELLED;

  /** As metrics name it. */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** What the status of a response that was not a worker's says of the ending. */
  static Ending of(int status) {
    return switch (status) {
      case 503 -> UNAVAILABLE;
      case 504 -> EXPIRED;
      default -> status < 400 ? REPLIED : status < 500 ? REFUSED : FAILED;
    };
  }
}
