package dev.leat.worker;

import dev.leat.BadMessage;
import dev.leat.Durations;
import dev.leat.Handling;
import dev.leat.Headers;
import dev.leat.Message;
import dev.leat.Problem;
import dev.leat.Request;
import dev.leat.StreamFull;
import dev.leat.broker.Append;
import dev.leat.broker.Completion;
import dev.leat.broker.Delivery;
import dev.leat.broker.Note;
import dev.leat.wire.DeadLetter;
import dev.leat.wire.ProblemReply;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A delivery's way through a worker, on a virtual thread of its own: it is handled, and ends as
 * replied, retried, dead-lettered, expired or cancelled. Once it has been stopped, whatever its
 * handler still comes to is dropped.
 */
final class DeliveryTask implements Runnable {
  private static final Logger log = LoggerFactory.getLogger(DeliveryTask.class);

  /**
   * Deliveries beyond the attempts of its handler that a message is granted, because a worker ended
   * in the midst of it. One that brings down every worker it meets must stop somewhere.
   */
  private static final int DEATHS = 5;

  /** Characters of a stack that are kept: enough to see where, little enough for a header. */
  private static final int STACK_LENGTH = 8_000;

  /** Until what could not be looked up is tried again. */
  private static final Duration KNOW_PAUSE = Duration.ofSeconds(1);

  /**
   * Until what only others of the group can handle is handed to one of them, or comes here again:
   * while old and new versions of a worker run side by side.
   */
  private static final Duration DECLINE_PAUSE = Duration.ofMillis(20);

  /** Between two attempts to append what a handler came to, where a stream is full. */
  private static final Duration FULL_PAUSE = Duration.ofMillis(100);

  /** Milliseconds that a handler has to heed its interruption. */
  private static final long DEAF = 1_000;

  /** Why work is stopped from outside. */
  enum Stop {
    /** Whoever asked has gone. */
    CANCELLED,
    /** Nobody waits any more. */
    EXPIRED,
    /** The attempt has taken longer than its handler may. */
    TIMED_OUT,
    /** The worker closes, and others are to go on. */
    GIVEN_BACK
  }

  private final MemberContext context;
  private final Delivery delivery;
  private final Message message;
  private final Runnable onDone;
  private final Consumer<DeliveryTask> onEnded;
  private final AtomicBoolean ended = new AtomicBoolean();
  private final Object handling = new Object();

  // Guarded by handling.
  private @Nullable Thread handler;
  private @Nullable Stop stopped;
  private long stoppedAt;

  /** Epoch milliseconds at which it is stopped, and why then. */
  private volatile long until = Long.MAX_VALUE;

  private volatile Stop why = Stop.EXPIRED;

  /** What is remembered of it; null where its handler is not idempotent. */
  private volatile @Nullable IdempotencyRecord record;

  /**
   * Work on a delivery.
   *
   * @param onDone told once its handler is done, or was not begun
   * @param onEnded told once the broker has answered how it ended
   */
  DeliveryTask(
      MemberContext context, Delivery delivery, Runnable onDone, Consumer<DeliveryTask> onEnded) {
    this.context = context;
    this.delivery = delivery;
    this.message = dated(delivery.message());
    this.onDone = onDone;
    this.onEnded = onEnded;
  }

  /** Known already, unlike an object's own: all that is active is looked up by it. */
  @Override
  public int hashCode() {
    return message.id().hashCode();
  }

  /** Two deliveries of one message are two works. */
  @Override
  public boolean equals(@Nullable Object other) {
    return this == other;
  }

  Delivery delivery() {
    return delivery;
  }

  String id() {
    return message.id();
  }

  @Override
  public void run() {
    try {
      handle();
    } finally {
      onDone.run();
      if (!ended.get()) {
        onEnded.accept(this);
      }
    }
  }

  /** Whether whoever asked has gone since. */
  boolean isCancelled() {
    return !listens()
        && context.cancellations().has(message.id(), delivery.entryId(), delivery.acceptedAt());
  }

  /** It goes on: its lease begins anew, and what is remembered of it. Any thread. */
  void extend() {
    var unused = delivery.extend();
    IdempotencyRecord known = record;
    if (known != null) {
      known.renew();
    }
  }

  /** Interrupts the handler, if it is at work, and drops what it comes to. Any thread. */
  void stop(Stop reason) {
    synchronized (handling) {
      if (stopped == null) {
        stopped = reason;
        stoppedAt = context.loop().clock().millis();
        if (handler != null) {
          handler.interrupt();
        }
      }
    }
  }

  /** Stops it and ends its delivery, whether its handler heeds that or not. Any thread. */
  void abandon(Stop reason) {
    stop(reason);
    endStopped(reason);
  }

  /** Stops what has run out of time, and gives up a handler that does not heed it. Any thread. */
  void checkTime(long now) {
    if (now >= until) {
      stop(why);
    }
    Thread deaf = null;
    Stop reason = why;
    synchronized (handling) {
      if (stopped != null && now - stoppedAt >= DEAF && !ended.get()) {
        deaf = handler;
        reason = stopped;
      }
    }
    if (deaf != null) {
      log.error(
          "message={} type={} handler does not heed its interruption and blocks a thread at{}",
          message.id(),
          message.type(),
          trace(deaf.getStackTrace()));
      endStopped(reason);
    }
  }

  private void handle() {
    Binding<?> binding = context.bindings().of(message.type());
    if (isForOthers()) {
      end(() -> delivery.complete(List.of()));
      return;
    }
    if (binding == null && context.colleagues().handle(message.type())) {
      end(() -> delivery.decline(DECLINE_PAUSE));
      return;
    }
    if (binding == null && isOthersAffair()) {
      end(() -> delivery.complete(List.of()));
      return;
    }
    if (binding != null) {
      // Before anything ends it: an earlier attempt may have said that it is at work.
      record = binding.handling().remembered().map(this::record).orElse(null);
    }
    if (isCancelled()) {
      endStopped(Stop.CANCELLED);
      return;
    }
    if (expired()) {
      log.debug("message={} type={} expired before it was begun", message.id(), message.type());
      endStopped(Stop.EXPIRED);
      return;
    }
    if (binding == null) {
      log.warn(
          "message={} type={} topic={} has no handler",
          message.id(),
          message.type(),
          context.topic());
      String detail =
          "topic " + context.topic() + " has no handler for type '" + message.type() + "'";
      reject(Problem.of(501, "No handler", detail), "");
      return;
    }
    int attempts = binding.handling().retry().attempts();
    if (delivery.attempt() - DEATHS > attempts) {
      log.warn("message={} type={} ended its workers", message.id(), message.type());
      reject(
          Problem.of(
              500,
              "Handler failed",
              "%d workers ended while they handled it".formatted(delivery.attempt() - 1)),
          "");
      return;
    }
    IdempotencyRecord known = record;
    if (known != null && !isNew(known)) {
      return;
    }
    Instant began = context.now();
    Binding.@Nullable Result result = handle(binding, began);
    if (ended.get()) {
      // Given up long ago; only now has its handler heeded that.
      return;
    }
    Stop reason = reasonToStop();
    // What has been done must be remembered, even if nobody waits for it any more.
    boolean isDone = known != null && result instanceof Binding.Result.Answered;
    if (result != null && (reason == null || isDone)) {
      end(binding, result, began);
    } else if (reason != null) {
      endStopped(reason);
    }
  }

  private IdempotencyRecord record(Duration keep) {
    return new IdempotencyRecord(context.broker(), context.membership(), delivery, keep);
  }

  /** Whether it is to be handled; else it has been ended. */
  private boolean isNew(IdempotencyRecord known) {
    IdempotencyRecord.Known before = lookedUp(known);
    if (before == null) {
      Stop reason = reasonToStop();
      endStopped(reason == null ? Stop.EXPIRED : reason);
      return false;
    }
    switch (before) {
      case IdempotencyRecord.Known.New unknown -> {
        return true;
      }
      case IdempotencyRecord.Known.Answered answered -> {
        end(context.tally().replied, () -> delivery.complete(replies(answered.reply(), List.of())));
      }
      case IdempotencyRecord.Known.Doubled other -> {
        log.debug("message={} stands twice in its stream, its other entry is at work", id());
        end(() -> delivery.complete(List.of()));
      }
      case IdempotencyRecord.Known.AtWork other ->
          refuse(
              Problem.of(
                  409, "Request in progress", "a request with this idempotency key is at work"));
      case IdempotencyRecord.Known.Other other ->
          refuse(
              Problem.of(
                  422, "Idempotency key reused", "another request had this idempotency key"));
    }
    return false;
  }

  /**
   * What is known of it; asked again for as long as the broker does not say, since to hand it over
   * again would count as an attempt. Null where it is stopped or expires meanwhile.
   */
  private IdempotencyRecord.@Nullable Known lookedUp(IdempotencyRecord known) {
    while (reasonToStop() == null && !expired()) {
      try {
        return known.begin();
      } catch (CompletionException failure) {
        log.warn("message={} the broker does not say what is known of it", id(), failure);
        later(KNOW_PAUSE).toCompletableFuture().join();
      }
    }
    return null;
  }

  private List<Append> replies(Message reply, List<Append> sent) {
    List<Append> appends = new ArrayList<>(sent);
    if (isAnswered()) {
      appends.add(new Append(message.destination(), reply));
    }
    return appends;
  }

  private Completion completion(List<Append> appends, Function<IdempotencyRecord, Note> note) {
    IdempotencyRecord known = record;
    return new Completion(appends, known == null ? List.of() : List.of(note.apply(known)));
  }

  /** What handling came to; null where it was stopped before it began. */
  private Binding.@Nullable Result handle(Binding<?> binding, Instant began) {
    long deadline = message.headers().deadline().map(Instant::toEpochMilli).orElse(Long.MAX_VALUE);
    long timeout =
        binding
            .handling()
            .timeout()
            .map(longest -> began.plus(longest).toEpochMilli())
            .orElse(Long.MAX_VALUE);
    why = timeout < deadline ? Stop.TIMED_OUT : Stop.EXPIRED;
    until = Math.min(deadline, timeout);
    synchronized (handling) {
      if (stopped != null) {
        return null;
      }
      handler = Thread.currentThread();
    }
    try {
      return binding.handle(
          new Request(message, delivery.attempt(), context.loop().clock()), context.source());
    } finally {
      until = Long.MAX_VALUE;
      synchronized (handling) {
        handler = null;
      }
      // An interruption that came too late must not meet what is done from here on.
      var unused = Thread.interrupted();
    }
  }

  private @Nullable Stop reasonToStop() {
    synchronized (handling) {
      return stopped;
    }
  }

  private void end(Binding<?> binding, Binding.Result result, Instant began) {
    switch (result) {
      case Binding.Result.Answered answered ->
          answer(measured(answered.reply(), began), answered.sent());
      case Binding.Result.Refused refused -> refuse(refused.problem());
      case Binding.Result.Broken broken -> reject(broken.problem(), "");
      case Binding.Result.Failed failed -> fail(binding, failed.problem(), failed.cause());
    }
  }

  private void endStopped(Stop reason) {
    switch (reason) {
      case CANCELLED ->
          end(
              context.tally().cancelled,
              () -> delivery.complete(completion(List.of(), IdempotencyRecord::undone)));
      case EXPIRED ->
          end(
              context.tally().expired,
              () -> delivery.complete(completion(List.of(), IdempotencyRecord::undone)));
      case TIMED_OUT -> {
        Binding<?> binding = context.bindings().of(message.type());
        Problem problem =
            Problem.of(504, "Handler too slow", "the handler of " + message.type() + " timed out");
        fail(binding, problem, new TimeoutException("the handler's time was over"));
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
    end(context.tally().replied, () -> complete(completion, until));
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
                          ? later(FULL_PAUSE).thenCompose(waited -> complete(completion, until))
                          : giveUp(full);
                  default -> CompletableFuture.failedStage(failure);
                });
  }

  private CompletionStage<Boolean> giveUp(StreamFull full) {
    log.warn("message={} given up: {}", message.id(), full.getMessage());
    context.tally().replied.decrement();
    context.tally().deadLettered.increment();
    String detail = String.valueOf(full.getMessage());
    return delivery.complete(rejection(Problem.of(503, "Stream full", detail), ""));
  }

  private CompletionStage<Void> later(Duration pause) {
    CompletableFuture<Void> waited = new CompletableFuture<>();
    context.loop().schedule(pause, () -> waited.complete(null));
    return waited;
  }

  /** What its sender did wrong is for its sender, if there is one that listens. */
  private void refuse(Problem problem) {
    if (isAnswered()) {
      end(context.tally().replied, () -> complete(problem));
    } else {
      reject(problem, "");
    }
  }

  /** Tried again if there is a next attempt, and somebody who would wait for it. */
  private void fail(@Nullable Binding<?> binding, Problem problem, @Nullable Throwable cause) {
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
      end(context.tally().retried, () -> delivery.release(wait.get()));
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
    return new Append(message.destination(), ProblemReply.to(message, problem, context.source()));
  }

  /** Kept among the dead letters with its cause; and whoever waits is told. */
  private void reject(Problem cause, String stack) {
    Completion rejection = rejection(cause, stack);
    end(context.tally().deadLettered, () -> delivery.complete(rejection));
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
  private void end(LongAdder way, Supplier<CompletionStage<Boolean>> ending) {
    end(
        () -> {
          way.increment();
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
                  onEnded.accept(this);
                  if (failure != null) {
                    log.warn("message={} not ended, it will be handed over again", id(), failure);
                  } else if (!held) {
                    context.tally().late.increment();
                    log.info("message={} ended too late, it is not held any more", id());
                  }
                });
  }

  private static CompletionStage<Boolean> asked(Supplier<CompletionStage<Boolean>> ending) {
    try {
      return ending.get();
    } catch (RuntimeException failure) {
      return CompletableFuture.failedStage(failure);
    }
  }

  /** Whether this group never answers: who asks, and for how long, does not matter to it. */
  private boolean listens() {
    return !context.membership().answers();
  }

  /**
   * With its deadline by the clock of this process: on the wire it is by the broker's. Nobody waits
   * for one that listens.
   */
  private Message dated(Message given) {
    Headers headers = given.headers();
    if (!headers.has(Headers.DEADLINE)) {
      return given;
    }
    if (listens()) {
      return given.withHeaders(headers.without(Headers.DEADLINE::equals));
    }
    Duration ahead = context.broker().clockAhead(delivery.acceptedAt());
    return ahead.isZero()
        ? given
        : headers
            .deadline()
            .map(at -> Long.toString(Durations.epochMillis(at.minus(ahead))))
            .map(own -> given.withHeaders(headers.with(Headers.DEADLINE, own)))
            .orElse(given);
  }

  private boolean isAnswered() {
    return message.wantsReply() && !listens();
  }

  private boolean isOthersAffair() {
    return listens() || context.bindings().isForOthers(message);
  }

  private boolean isForOthers() {
    String group = context.membership().group();
    return message.headers().get(Headers.GROUP).filter(only -> !only.equals(group)).isPresent();
  }

  private boolean expired() {
    return message.headers().deadline().filter(at -> !context.now().isBefore(at)).isPresent();
  }

  private static String stackOf(Throwable cause) {
    StringWriter trace = new StringWriter();
    cause.printStackTrace(new PrintWriter(trace));
    String text = trace.toString();
    return text.length() > STACK_LENGTH ? text.substring(0, STACK_LENGTH) : text;
  }

  private static String trace(StackTraceElement[] frames) {
    StringBuilder text = new StringBuilder();
    for (StackTraceElement frame : frames) {
      text.append("\n    ").append(frame);
    }
    return text.toString();
  }

  private static Throwable rootOf(Throwable failure) {
    Throwable cause = failure.getCause();
    return failure instanceof CompletionException && cause != null ? cause : failure;
  }
}
