package dev.leat.trail;

import dev.leat.Headers;
import dev.leat.Message;
import dev.leat.Topic;
import dev.leat.broker.OpenMessage;
import dev.leat.wire.DeadLetter;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * All that the streams remember of one request. Times are the broker's, but where it is said that
 * they are a worker's.
 *
 * @param topic that it was sent to
 * @param request as it was sent, with its payload
 * @param entryId its place in the topic's stream
 * @param accepted when the stream took it
 * @param attempts that were made, as far as they are remembered, by their number
 * @param ending how it ended
 * @param children what was sent while it was handled, or with its reply, oldest first
 * @param unknown what the streams do not hold, a sentence each
 */
public record Trail(
    Topic topic,
    Message request,
    String entryId,
    Instant accepted,
    List<Attempt> attempts,
    Ending ending,
    List<Trail> children,
    List<String> unknown) {
  /** Keeps copies. */
  public Trail {
    attempts = List.copyOf(attempts);
    children = List.copyOf(children);
    unknown = List.copyOf(unknown);
  }

  /**
   * An attempt at it.
   *
   * @param number from 1; 0 where it is not known
   * @param group whose member made it; empty where that is not known
   * @param member that made it; empty where that is not known
   * @param took from its beginning to its end, by the worker's clock; empty where it is not known
   * @param ended when it ended; empty where it has not, or that is not known
   * @param failure why it failed; empty where it did not, or has not ended
   */
  public record Attempt(
      int number,
      String group,
      String member,
      Optional<Duration> took,
      Optional<Instant> ended,
      Optional<Failure> failure) {
    /**
     * Why an attempt failed.
     *
     * @param cause in a few words
     * @param detail what went wrong this time; may be empty
     * @param stack for those who mend it; may be empty
     */
    public record Failure(String cause, String detail, String stack) {}
  }

  /** How a request ended. */
  public sealed interface Ending {
    /**
     * It was answered.
     *
     * @param at when its reply was written, the first where there are several
     * @param isReplayed whether that is an earlier answer, by which an idempotent handler knew it
     */
    record Replied(Instant at, Message reply, boolean isReplayed) implements Ending {
      /** Whether it was told that it failed. */
      public boolean isFailure() {
        return reply.headers().has(Headers.ERROR);
      }
    }

    /**
     * It was given up.
     *
     * @param at when
     * @param letter what is kept of that
     * @param told what its sender was told; empty where nobody asked, or that is not remembered
     */
    record GivenUp(Instant at, DeadLetter letter, Optional<Message> told) implements Ending {}

    /** It has not: a group has not completed it. */
    record Open(String group, OpenMessage message) implements Ending {}

    /** It is completed, and without a reply that is remembered. */
    record Completed() implements Ending {}
  }

  /** Bytes of the payloads that are in it. */
  public long bytes() {
    long ended =
        switch (ending) {
          case Ending.Replied replied -> replied.reply().payload().size();
          case Ending.GivenUp given -> given.told().map(told -> told.payload().size()).orElse(0);
          case Ending.Open open -> 0;
          case Ending.Completed completed -> 0;
        };
    return request.payload().size() + ended + children.stream().mapToLong(Trail::bytes).sum();
  }

  /** From its beginning to its end, where that is known. */
  public Optional<Duration> duration() {
    Optional<Instant> end =
        switch (ending) {
          case Ending.Replied replied -> Optional.of(replied.at());
          case Ending.GivenUp given -> Optional.of(given.at());
          case Ending.Open open -> Optional.empty();
          case Ending.Completed completed -> Optional.empty();
        };
    return end.map(at -> Duration.between(accepted, at));
  }

  /** Whether it was given up, or answered that it failed, or an attempt at it failed. */
  public boolean isFailed() {
    boolean ended =
        switch (ending) {
          case Ending.Replied replied -> replied.isFailure();
          case Ending.GivenUp given -> true;
          case Ending.Open open -> false;
          case Ending.Completed completed -> false;
        };
    return ended || attempts.stream().anyMatch(attempt -> attempt.failure().isPresent());
  }
}
