package dev.leat.worker;

import dev.leat.Telemetry;
import dev.leat.Topic;
import dev.leat.broker.Broker;
import dev.leat.broker.EventLoop;
import dev.leat.broker.FaultLog;
import dev.leat.broker.Membership;
import dev.leat.broker.UnreadTopics;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.random.RandomGenerator;

/**
 * What all work of one member has in common.
 *
 * @param answersAnywhere whether replies go to whatever stream a message names
 * @param bindings handlers by type
 * @param faults told of messages that nobody can handle
 * @param colleagues other members of its group
 * @param sentParts answers in parts that are written in this process
 */
record MemberContext(
    Broker broker,
    Membership membership,
    boolean answersAnywhere,
    EventLoop loop,
    Bindings bindings,
    Colleagues colleagues,
    Cancellations cancellations,
    FaultLog faults,
    UnreadTopics unread,
    DeliveryCounters tally,
    Telemetry telemetry,
    SentParts sentParts,
    RandomGenerator random) {
  /** Where answers in parts are written. */
  PartsOfAnswers parts() {
    return new PartsOfAnswers(sentParts, this);
  }

  /** Whether replies go where a message says. */
  boolean isForReplies(String destination) {
    return answersAnywhere || broker.isForReplies(destination);
  }

  Topic topic() {
    return membership.topic();
  }

  /** What replies say they come from: whoever looks later is to know which member it was. */
  String source() {
    return membership.member();
  }

  Instant now() {
    return loop.clock().instant();
  }

  /** Completes then, on the loop. */
  CompletionStage<Void> after(Duration pause) {
    CompletableFuture<Void> waited = new CompletableFuture<>();
    loop.schedule(pause, () -> waited.complete(null));
    return waited;
  }
}
