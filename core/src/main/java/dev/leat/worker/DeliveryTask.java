package dev.leat.worker;

import dev.leat.Durations;
import dev.leat.Headers;
import dev.leat.Message;
import dev.leat.Problem;
import dev.leat.Request;
import dev.leat.Telemetry;
import dev.leat.broker.Delivery;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;

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

  /** Until what could not be looked up is tried again. */
  private static final Duration KNOW_PAUSE = Duration.ofSeconds(1);

  /**
   * Until what only others of the group can handle is handed to one of them, or comes here again:
   * while old and new versions of a worker run side by side.
   */
  private static final Duration DECLINE_PAUSE = Duration.ofMillis(20);

  /** The name under which a handler's log lines have the id of its message. */
  private static final String MESSAGE = "leat.message";

  private final MemberContext context;
  private final Delivery delivery;
  private final Message message;
  private final Runnable onDone;
  private final Consumer<DeliveryTask> onEnded;
  private final DeliverySettlement settlement;
  private final HandlerThread handler = new HandlerThread();

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
    this.settlement =
        new DeliverySettlement(context, delivery, message, () -> onEnded.accept(this));
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
    } catch (RuntimeException | Error failure) {
      // Whatever it is, it would be the same the next time, and its sender waits.
      log.error("message={} type={} could not be ended", id(), message.type(), failure);
      settlement.fail(failure);
    } finally {
      onDone.run();
      if (!settlement.hasBegun()) {
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
    settlement.extend();
  }

  /** Interrupts the handler, if it is at work, and drops what it comes to. Any thread. */
  void stop(StopReason reason) {
    handler.stop(reason, context.loop().clock().millis());
  }

  /** Stops it and ends its delivery, whether its handler heeds that or not. Any thread. */
  void abandon(StopReason reason) {
    stop(reason);
    settlement.endStopped(reason);
  }

  /** Stops what has run out of time, and gives up a handler that does not heed it. Any thread. */
  void checkTime(long now) {
    handler.checkTime(now);
    HandlerThread.Deaf deaf = handler.deaf(now);
    if (deaf != null && !settlement.hasBegun()) {
      log.error(
          "message={} type={} handler does not heed its interruption and blocks a thread at{}",
          message.id(),
          message.type(),
          trace(deaf.thread().getStackTrace()));
      settlement.endStopped(deaf.reason());
    }
  }

  private void handle() {
    Binding<?> binding = context.bindings().of(message.type());
    if (isForOthers()) {
      settlement.skip();
      return;
    }
    if (binding == null && context.colleagues().handle(message.type())) {
      settlement.decline(DECLINE_PAUSE);
      return;
    }
    if (binding == null && isOthersAffair()) {
      settlement.skip();
      return;
    }
    IdempotencyRecord known = null;
    if (binding != null) {
      // Before anything ends it: an earlier attempt may have said that it is at work.
      known = binding.handling().remembered().map(this::record).orElse(null);
      settlement.keepIn(known);
    }
    if (message.wantsReply() && !listens() && !settlement.isAnswered()) {
      context
          .faults()
          .warn(
              "message={} type={} source={} wants its reply where no replies are",
              id(),
              message.type(),
              message.source());
      settlement.reject(
          Problem.of(400, "Bad destination", "its destination is no stream of replies"), "");
      return;
    }
    if (isCancelled()) {
      settlement.endStopped(StopReason.CANCELLED);
      return;
    }
    if (expired()) {
      log.debug("message={} type={} expired before it was begun", message.id(), message.type());
      settlement.endStopped(StopReason.EXPIRED);
      return;
    }
    if (binding == null) {
      context
          .faults()
          .warn(
              "message={} type={} topic={} has no handler",
              message.id(),
              message.type(),
              context.topic());
      String detail =
          "topic " + context.topic() + " has no handler for type '" + message.type() + "'";
      settlement.reject(Problem.of(501, "No handler", detail), "");
      return;
    }
    int attempts = binding.handling().retry().attempts();
    if (delivery.attempt() - DEATHS > attempts) {
      log.warn("message={} type={} ended its workers", message.id(), message.type());
      settlement.reject(
          Problem.of(
              500,
              "Handler failed",
              "%d workers ended while they handled it".formatted(delivery.attempt() - 1)),
          "");
      return;
    }
    if (known != null && !isNew(known)) {
      return;
    }
    Instant began = context.now();
    Binding.@Nullable Result result = handle(binding, began);
    if (settlement.hasBegun()) {
      // Given up long ago; only now has its handler heeded that.
      return;
    }
    StopReason reason = handler.reason();
    // What has been done must be remembered, even if nobody waits for it any more.
    boolean isDone = known != null && result instanceof Binding.Result.Answered;
    if (result != null && (reason == null || isDone)) {
      settlement.end(binding, result, began);
    } else if (reason != null) {
      settlement.endStopped(reason);
    }
  }

  private IdempotencyRecord record(Duration keep) {
    return new IdempotencyRecord(context.broker(), context.membership(), delivery, keep);
  }

  /** Whether it is to be handled; else it has been ended. */
  private boolean isNew(IdempotencyRecord known) {
    IdempotencyRecord.Known before = lookedUp(known);
    if (before == null) {
      StopReason reason = handler.reason();
      settlement.endStopped(reason == null ? StopReason.EXPIRED : reason);
      return false;
    }
    switch (before) {
      case IdempotencyRecord.Known.New unknown -> {
        return true;
      }
      case IdempotencyRecord.Known.Answered answered -> {
        settlement.answerAgain(answered.reply());
      }
      case IdempotencyRecord.Known.Doubled other -> {
        log.debug("message={} stands twice in its stream, its other entry is at work", id());
        settlement.skip();
      }
      case IdempotencyRecord.Known.AtWork other ->
          settlement.refuse(
              Problem.of(
                  409, "Request in progress", "a request with this idempotency key is at work"));
      case IdempotencyRecord.Known.Other other ->
          settlement.refuse(
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
    while (handler.reason() == null && !expired()) {
      try {
        return known.begin();
      } catch (CompletionException failure) {
        log.warn("message={} the broker does not say what is known of it", id(), failure);
        context.after(KNOW_PAUSE).toCompletableFuture().join();
      }
    }
    return null;
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
    StopReason why = timeout < deadline ? StopReason.TIMED_OUT : StopReason.EXPIRED;
    if (!handler.begin(Math.min(deadline, timeout), why)) {
      return null;
    }
    // Each line that the handler logs says of which message it is.
    MDC.put(MESSAGE, message.id());
    try {
      return context.telemetry().isOn() ? traced(binding) : handle(binding, message);
    } finally {
      MDC.remove(MESSAGE);
      handler.end();
    }
  }

  private Binding.Result handle(Binding<?> binding, Message asked) {
    return binding.handle(
        new Request(asked, delivery.attempt(), context.loop().clock()),
        context.source(),
        context.broker().limits().largestMessage(),
        context.parts());
  }

  private Binding.Result traced(Binding<?> binding) {
    Telemetry.Handled handled = context.telemetry().handling(settlement.work());
    Binding.Result result;
    try {
      result = handle(binding, message.withHeaders(handled.addTo(message.headers())));
    } catch (RuntimeException | Error failure) {
      handled.ended(Problem.of(500, "Handler failed", ""), failure);
      throw failure;
    }
    StopReason stopped = handler.reason();
    if (stopped != null) {
      handled.ended(Problem.of(504, "Stopped: " + stopped, ""), null);
      return result;
    }
    switch (result) {
      case Binding.Result.Answered answered -> handled.ended(null, null);
      case Binding.Result.Failed failed -> handled.ended(failed.problem(), failed.cause());
      case Binding.Result.Refused refused -> handled.ended(refused.problem(), null);
      case Binding.Result.Broken broken -> handled.ended(broken.problem(), null);
    }
    return result;
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

  private static String trace(StackTraceElement[] frames) {
    StringBuilder text = new StringBuilder();
    for (StackTraceElement frame : frames) {
      text.append("\n    ").append(frame);
    }
    return text.toString();
  }
}
