package dev.leat.worker;

import dev.leat.BadMessage;
import dev.leat.BrokerUnavailable;
import dev.leat.Handling;
import dev.leat.Headers;
import dev.leat.Message;
import dev.leat.Problem;
import dev.leat.StreamFull;
import dev.leat.StreamRef;
import dev.leat.Telemetry;
import dev.leat.broker.Append;
import dev.leat.broker.Completion;
import dev.leat.broker.Delivery;
import dev.leat.broker.Note;
import dev.leat.wire.DeadLetter;
import dev.leat.wire.FailedAttempt;
import dev.leat.wire.ProblemReply;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How a delivery ends, once: replied, retried, dead-lettered, expired, cancelled or given back.
 * Whatever else it would come to after that is dropped. Any thread.
 */
final class DeliverySettlement {
  private static final Logger log = LoggerFactory.getLogger(DeliverySettlement.class);

  /** Characters of a stack that are kept: enough to see where, little enough for a header. */
  private static final int STACK_LENGTH = 8_000;

  /** Between two attempts to append what a handler came to, where a stream is full. */
  private static final Duration FULL_PAUSE = Duration.ofMillis(100);

  private final MemberContext context;
  private final Delivery delivery;
  private final Message message;
  private final Runnable onSettled;
  private final AtomicBoolean ended = new AtomicBoolean();

  /** Null where it is not counted. */
  private volatile Telemetry.@Nullable Outcome outcome;

  /** What is remembered of it; null where its handler is not idempotent. */
  private volatile @Nullable IdempotencyRecord record;

  /**
   * The end of a delivery.
   *
   * @param message what was delivered, with its deadline by the clock of this process
   * @param onSettled told once the broker has answered how it ended
   */
  DeliverySettlement(
      MemberContext context, Delivery delivery, Message message, Runnable onSettled) {
    this.context = context;
    this.delivery = delivery;
    this.message = message;
    this.onSettled = onSettled;
  }

  /** What is to be kept of how it ends. */
  void keepIn(@Nullable IdempotencyRecord known) {
    record = known;
  }

  /** Whether it has ended, though the broker may not have said so yet. */
  boolean hasBegun() {
    return ended.get();
  }

  /** It goes on: its lease begins anew, and what is remembered of it. */
  void extend() {
    var unused = delivery.extend();
    IdempotencyRecord known = record;
    if (known != null) {
      known.renew();
    }
  }

  /** This group has nothing to do with it. */
  void skip() {
    end(() -> delivery.complete(List.of()));
  }

  /** Others of its group are to handle it. */
  void decline(Duration pause) {
    end(() -> delivery.decline(pause));
  }

  /** As it was answered before. */
  void answerAgain(Message reply) {
    end(Telemetry.Outcome.REPLIED, () -> delivery.complete(replies(reply, List.of())));
  }

  /** By what should never have happened. */
  void fail(Throwable failure) {
    reject(Problem.of(500, "Handler failed", "the worker failed to answer"), stackOf(failure));
  }

  /** By what its handler came to. */
  void end(Binding<?> binding, Binding.Result result, Instant began) {
    switch (result) {
      case Binding.Result.Answered answered -> {
        answered.sent().forEach(this::isSent);
        answer(measured(answered.reply(), began), answered.sent());
      }
      case Binding.Result.Refused refused -> refuse(refused.problem());
      case Binding.Result.Broken broken -> reject(broken.problem(), "");
      case Binding.Result.Failed failed -> fail(binding, failed.problem(), failed.cause(), began);
    }
  }

  private void isSent(Append append) {
    if (append.stream() instanceof StreamRef.Incoming incoming) {
      context.unread().sentTo(incoming.topic());
    }
  }

  private List<Append> replies(Message reply, List<Append> sent) {
    List<Append> appends = new ArrayList<>(sent);
    if (isAnswered()) {
      appends.add(new Append(new StreamRef.At(message.destination()), reply));
    }
    return appends;
  }

  private Completion completion(List<Append> appends, Function<IdempotencyRecord, Note> note) {
    IdempotencyRecord known = record;
    return new Completion(appends, known == null ? List.of() : List.of(note.apply(known)));
  }

  /** Without what its handler would have come to. */
  void endStopped(StopReason reason) {
    switch (reason) {
      case CANCELLED ->
          end(
              Telemetry.Outcome.CANCELLED,
              () -> delivery.complete(completion(List.of(), IdempotencyRecord::undone)));
      case EXPIRED ->
          end(
              Telemetry.Outcome.EXPIRED,
              () -> delivery.complete(completion(List.of(), IdempotencyRecord::undone)));
      case TIMED_OUT -> {
        Binding<?> binding = context.bindings().of(message.type());
        Problem problem =
            Problem.of(504, "Handler too slow", "the handler of " + message.type() + " timed out");
        fail(binding, problem, new TimeoutException("the handler's time was over"), context.now());
      }
      case GIVEN_BACK -> end(() -> delivery.release(Duration.ZERO));
    }
  }

  /** Who sets a deadline is one of ours and measures; others get what the protocol always had. */
  private Message measured(Message reply, Instant began) {
    if (!message.headers().has(Headers.DEADLINE)) {
      return reply;
    }
    long took = ChronoUnit.MICROS.between(began, context.now());
    Headers.Builder headers = reply.headers().toBuilder().set(Headers.TOOK, Long.toString(took));
    if (delivery.attempt() > 1) {
      headers.set(Headers.ATTEMPT, Integer.toString(delivery.attempt()));
    }
    return reply.withHeaders(headers.build());
  }

  /** A reply that the broker will not take becomes a problem that it will. */
  private void answer(Message reply, List<Append> sent) {
    Completion completion = completion(replies(reply, sent), known -> known.answered(reply));
    Instant until = context.now().plus(context.membership().lease());
    end(Telemetry.Outcome.REPLIED, () -> complete(completion, until));
  }

  /**
   * What is done need not be done again because a stream is full just now: only its completion is
   * tried again. A stream that stays full makes it a dead letter that says so.
   */
  private CompletionStage<Boolean> complete(Completion completion, Instant until) {
    return delivery
        .complete(completion)
        .exceptionallyCompose(
            failure ->
                switch (rootOf(failure)) {
                  case BadMessage refused -> {
                    log.warn("message={} reply refused", message.id(), refused);
                    yield complete(
                        Problem.of(500, "Handler failed", "the reply is more than a stream takes"));
                  }
                  case StreamFull full ->
                      context.now().isBefore(until)
                          ? context
                              .after(FULL_PAUSE)
                              .thenCompose(waited -> complete(completion, until))
                          : giveUp(full);
                  default -> CompletableFuture.failedStage(failure);
                });
  }

  private CompletionStage<Boolean> giveUp(StreamFull full) {
    log.warn("message={} given up: {}", message.id(), full.getMessage());
    context.tally().replied.decrement();
    context.tally().deadLettered.increment();
    outcome = Telemetry.Outcome.DEAD_LETTERED;
    String detail = String.valueOf(full.getMessage());
    return delivery.complete(rejection(Problem.of(503, "Stream full", detail), ""));
  }

  /** What its sender did wrong is for its sender, if there is one that listens. */
  void refuse(Problem problem) {
    if (isAnswered()) {
      end(Telemetry.Outcome.REPLIED, () -> complete(problem));
    } else {
      reject(problem, "");
    }
  }

  /** Tried again if there is a next attempt, and somebody who would wait for it. */
  private void fail(
      @Nullable Binding<?> binding, Problem problem, @Nullable Throwable cause, Instant began) {
    Optional<Duration> wait =
        binding == null || cause == null ? Optional.empty() : pause(binding.handling(), cause);
    if (wait.isPresent()) {
      log.info(
          "message={} type={} attempt={} failed, next wait_ms={} cause={}",
          message.id(),
          message.type(),
          delivery.attempt(),
          wait.get().toMillis(),
          String.valueOf(cause));
      FailedAttempt mark = failedAttempt(began).because(problem, Objects.requireNonNull(cause));
      end(
          Telemetry.Outcome.RETRIED,
          () -> marked(mark).thenCompose(done -> delivery.release(wait.get())));
    } else {
      log.warn(
          "message={} type={} attempt={} failed, given up",
          message.id(),
          message.type(),
          delivery.attempt(),
          cause);
      reject(problem, cause == null ? "" : stackOf(cause));
    }
  }

  private FailedAttempt failedAttempt(Instant began) {
    return FailedAttempt.of(
        message,
        delivery.attempt(),
        context.membership().group(),
        context.membership().member(),
        began,
        context.now());
  }

  /** For whoever looks later; that it cannot be written is no reason not to try again. */
  private CompletionStage<Boolean> marked(FailedAttempt mark) {
    return context
        .broker()
        .append(new Append(context.topic().failedAttempts(), mark.written()))
        .handle(
            (done, failure) -> {
              if (failure != null) {
                log.debug("message={} its failed attempt is not marked", message.id(), failure);
              }
              return failure == null;
            });
  }

  private Optional<Duration> pause(Handling handling, Throwable cause) {
    Instant accepted = delivery.acceptedAt();
    Instant last =
        accepted.minus(context.broker().clockAhead(accepted)).plus(handling.retry().within());
    Instant latest = message.headers().deadline().filter(last::isAfter).orElse(last);
    try {
      return handling
          .retry()
          .waitAfter(delivery.attempt(), cause, context.random())
          .filter(wait -> context.now().plus(wait).isBefore(latest));
    } catch (RuntimeException failure) {
      log.warn("type={} what its retry says of a failure failed", message.type(), failure);
      return Optional.empty();
    }
  }

  private CompletionStage<Boolean> complete(Problem problem) {
    return delivery.complete(completion(List.of(told(problem)), IdempotencyRecord::undone));
  }

  private Append told(Problem problem) {
    return new Append(
        new StreamRef.At(message.destination()),
        ProblemReply.to(message, problem, context.source()));
  }

  /** Kept among the dead letters with its cause; and whoever waits is told. */
  void reject(Problem cause, String stack) {
    Completion rejection = rejection(cause, stack);
    end(Telemetry.Outcome.DEAD_LETTERED, () -> delivery.complete(rejection));
  }

  private Completion rejection(Problem cause, String stack) {
    DeadLetter letter =
        DeadLetter.of(message, cause, delivery.attempt(), context.loop().wallClock().instant())
            .acceptedAt(delivery.acceptedAt())
            .by(context.membership().group(), context.membership().member())
            .withStack(stack);
    List<Append> appends = new ArrayList<>(2);
    appends.add(new Append(context.topic().deadLetters(), letter.written()));
    if (isAnswered()) {
      appends.add(told(cause));
    }
    return completion(appends, IdempotencyRecord::undone);
  }

  /** Ends the delivery in a way that is counted. */
  private void end(Telemetry.Outcome way, Supplier<CompletionStage<Boolean>> ending) {
    end(
        () -> {
          outcome = way;
          context.tally().of(way).increment();
          return ending.get();
        });
  }

  /** Ends the delivery, unless it was given up meanwhile. */
  private void end(Supplier<CompletionStage<Boolean>> ending) {
    if (!ended.compareAndSet(false, true)) {
      return;
    }
    var unused =
        asked(ending)
            .whenComplete(
                (held, failure) -> {
                  onSettled.run();
                  if (failure != null) {
                    notEnded(failure);
                  } else if (!held) {
                    context.tally().late.increment();
                    log.info("message={} ended too late, it is not held any more", message.id());
                    tell(Telemetry.Outcome.LATE);
                  } else {
                    tell(outcome);
                  }
                });
  }

  private void tell(Telemetry.@Nullable Outcome how) {
    if (how != null && context.telemetry().isOn()) {
      context.telemetry().ended(work(), how);
    }
  }

  /** As those are told of it who trace or measure. */
  Telemetry.Work work() {
    return new Telemetry.Work(
        context.topic(),
        context.membership().group(),
        context.membership().member(),
        message,
        context.bindings().of(message.type()) != null,
        delivery.attempt(),
        delivery.acceptedAt().minus(context.broker().clockAhead(delivery.acceptedAt())));
  }

  private void notEnded(Throwable failure) {
    Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
    if (cause instanceof BrokerUnavailable away) {
      // As many of them as are at work: where it is to be looked for is no question.
      log.warn("message={} not ended, it comes again: {}", message.id(), away.getMessage());
    } else {
      log.warn("message={} not ended, it comes again", message.id(), failure);
    }
  }

  private static CompletionStage<Boolean> asked(Supplier<CompletionStage<Boolean>> ending) {
    try {
      return ending.get();
    } catch (RuntimeException | Error failure) {
      return CompletableFuture.failedStage(failure);
    }
  }

  /** Whether its sender is told how it ends, in a stream that replies may go to. */
  boolean isAnswered() {
    return message.wantsReply()
        && context.membership().answers()
        && context.isForReplies(message.destination());
  }

  private static String stackOf(Throwable cause) {
    StringWriter trace = new StringWriter();
    cause.printStackTrace(new PrintWriter(trace));
    String text = trace.toString();
    return text.length() > STACK_LENGTH ? text.substring(0, STACK_LENGTH) : text;
  }

  private static Throwable rootOf(Throwable failure) {
    Throwable cause = failure.getCause();
    return failure instanceof CompletionException && cause != null ? cause : failure;
  }
}
