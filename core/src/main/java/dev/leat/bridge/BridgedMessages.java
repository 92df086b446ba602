package dev.leat.bridge;

import dev.leat.Headers;
import dev.leat.Leat;
import dev.leat.Message;
import dev.leat.Problem;
import dev.leat.StreamRef;
import dev.leat.broker.Append;
import dev.leat.broker.Membership;
import dev.leat.wire.DeadLetter;
import dev.leat.wire.ProblemReply;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/** What a bridge writes: requests as they are handed on, and what becomes of those that are not. */
final class BridgedMessages {
  private static final String TITLE = "Not bridged";

  private final Leat from;
  private final Leat to;
  private final Membership membership;
  private final String source;
  private final String target;

  /**
   * Of one topic.
   *
   * @param source the first broker's id
   * @param target the other's
   */
  BridgedMessages(Leat from, Leat to, Membership membership, String source, String target) {
    this.from = from;
    this.to = to;
    this.membership = membership;
    this.source = source;
    this.target = target;
  }

  /** Whether another bridge has brought it from where this one leads. */
  boolean cameFromThere(Message message) {
    return List.of(message.headers().get(Headers.BRIDGED).orElse("").split(",", -1))
        .contains(target);
  }

  /** A request as it is handed on. */
  Message handedOn(Message message, String destination) {
    return new Message(
        message.id(),
        message.type(),
        destination,
        brought(message.headers()),
        message.source(),
        message.payload());
  }

  /** Deadlines are by the clock of the broker that a message stands in. */
  private Headers brought(Headers headers) {
    String before = headers.get(Headers.BRIDGED).map(path -> path + ",").orElse("");
    Duration ahead = to.broker().clockAhead().minus(from.broker().clockAhead());
    Headers with = headers.with(Headers.BRIDGED, before + source);
    return ahead.isZero()
        ? with
        : headers
            .deadline()
            .map(at -> with.with(Headers.DEADLINE, Long.toString(later(at, ahead))))
            .orElse(with);
  }

  private static long later(Instant at, Duration ahead) {
    long millis = at.toEpochMilli();
    long moved = millis + ahead.toMillis();
    // One that is at the end of all times stays there.
    return ahead.isNegative() == moved < millis ? moved : millis;
  }

  /** A reply on its way back. */
  static Append reply(OpenRequest one, Message reply) {
    return new Append(new StreamRef.At(one.message().destination()), reply);
  }

  /** What a request comes to whose reply the first broker does not take. */
  List<List<Append>> withoutReply(OpenRequest one) {
    Problem cause = Problem.of(500, TITLE, "the reply is more than a stream takes");
    return List.of(List.of(told(one, cause)), List.of());
  }

  /**
   * What a request comes to that the other broker does not take, ever less: kept with its cause,
   * and told to whoever waits; and where the first does not take that either, kept without what it
   * is about.
   */
  List<List<Append>> rejections(OpenRequest one, String why) {
    Problem cause = Problem.of(500, TITLE, why);
    Append whole = letter(one, one.message(), cause);
    Append bare = letter(one, one.message().withoutPayload(), cause);
    return one.isAsked()
        ? List.of(
            List.of(whole, told(one, cause)),
            List.of(bare, told(one, cause)),
            List.of(bare),
            List.of())
        : List.of(List.of(whole), List.of(bare), List.of());
  }

  private Append told(OpenRequest one, Problem cause) {
    return reply(one, ProblemReply.to(one.message(), cause, from.instance()));
  }

  private Append letter(OpenRequest one, Message message, Problem cause) {
    Instant now = to.loop().wallClock().instant();
    DeadLetter letter =
        DeadLetter.of(message, cause, one.delivery().attempt(), now)
            .acceptedAt(one.delivery().acceptedAt())
            .by(membership.group(), membership.member());
    return new Append(membership.topic().deadLetters(), letter.written());
  }
}
