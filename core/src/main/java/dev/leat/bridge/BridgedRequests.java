package dev.leat.bridge;

import dev.leat.BadMessage;
import dev.leat.BrokerUnavailable;
import dev.leat.Leat;
import dev.leat.LeatException;
import dev.leat.Message;
import dev.leat.Topic;
import dev.leat.broker.Append;
import dev.leat.broker.Cancellation;
import dev.leat.broker.Capability;
import dev.leat.broker.Delivery;
import dev.leat.broker.DeliveryListener;
import dev.leat.broker.EventLoop;
import dev.leat.broker.FaultLog;
import dev.leat.broker.Lane;
import dev.leat.broker.Membership;
import dev.leat.broker.Subscription;
import dev.leat.trail.StreamScan;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hands on what is asked of a topic, and brings back what is answered. On the loop, but for what
 * opens and closes it.
 */
final class BridgedRequests implements DeliveryListener, AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(BridgedRequests.class);

  /** Between two looks at what is on its way. */
  private static final Duration LOOK = Duration.ofSeconds(1);

  /** One without a deadline that is not answered for so long is told of, once. */
  private static final Duration LONG = Duration.ofMinutes(1);

  /** Of these, so many between two extensions of leases. */
  private static final int LOOKS = 8;

  /** A reply that comes so long after the deadline still finds somebody, perhaps. */
  private static final Duration GRACE = Duration.ofSeconds(1);

  /** Until what was refused for a while is tried again. */
  private static final Duration PAUSE = Duration.ofMillis(200);

  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final Duration FAREWELL = Duration.ofSeconds(2);

  private final Leat from;
  private final Leat to;
  private final Topic topic;
  private final int concurrency;
  private final Membership membership;
  private final EventLoop loop;
  private final FaultLog faults;
  private final BridgedMessages messages;
  private final CompletableFuture<Void> ended = new CompletableFuture<>();
  private final CountDownLatch empty = new CountDownLatch(1);
  private @Nullable Lane lane;
  private @Nullable Subscription reading;
  private @Nullable Subscription cancelling;

  // Confined to the loop.
  private final Map<String, Deque<OpenRequest>> waiting = new HashMap<>();
  private final Set<OpenRequest> open = new LinkedHashSet<>();
  private final RecentCancellations cancelled = new RecentCancellations();
  private int looks;
  private boolean isEnding;

  // Any thread.
  private final AtomicLong sent = new AtomicLong();
  private final AtomicLong answered = new AtomicLong();
  private final AtomicLong givenUp = new AtomicLong();
  private volatile int openNow;

  BridgedRequests(
      Leat from, Leat to, Membership membership, String source, String target, int concurrency) {
    this.from = from;
    this.to = to;
    this.messages = new BridgedMessages(from, to, membership, source, target);
    this.topic = membership.topic();
    this.membership = membership;
    this.concurrency = concurrency;
    this.loop = to.loop();
    this.faults = new FaultLog(log, loop.clock());
  }

  void begin() {
    StreamScan.result(CompletableFuture.runAsync(this::openLane, loop));
    if (from.broker().capabilities().contains(Capability.CANCELLATION)) {
      Subscription heard =
          from.broker()
              .cancellations(
                  topic,
                  some -> loop.execute(() -> some.forEach(c -> guarded(() -> cancelled(c)))));
      cancelling = heard;
      // What was cancelled before is not handed on.
      Object unused = StreamScan.result(heard.ready());
    }
    Subscription begun = from.broker().subscribe(membership, this);
    reading = begun;
    begun.request(concurrency);
  }

  private void openLane() {
    lane =
        to.broker()
            .openLane(
                loop, to.nextLane(), some -> some.forEach(one -> guarded(() -> replied(one))));
    look();
  }

  CompletionStage<?> ready() {
    Subscription begun = reading;
    return begun == null
        ? CompletableFuture.failedStage(new BrokerUnavailable("it has not begun"))
        : begun.ready();
  }

  CompletionStage<?> ended() {
    return ended;
  }

  Bridge.Counts counts(long letters, long kept) {
    return new Bridge.Counts(sent.get(), answered.get(), openNow, givenUp.get(), letters, kept);
  }

  // From the first broker

  @Override
  public void onDeliveries(List<Delivery> batch) {
    loop.execute(() -> batch.forEach(one -> guarded(() -> take(one))));
  }

  @Override
  public void onLost() {
    log.warn(
        "topic={} the broker that is left is away, requests are handed on once it is back", topic);
  }

  @Override
  public void onEnded(LeatException cause) {
    ended.completeExceptionally(cause);
  }

  /** What goes wrong with one is no harm to others. */
  private void guarded(Runnable step) {
    try {
      step.run();
    } catch (RuntimeException failure) {
      log.warn("topic={} a bridge goes on after what should not have been", topic, failure);
    }
  }

  private void take(Delivery delivery) {
    Message message = delivery.message();
    boolean isAsked = from.broker().isForReplies(message.destination());
    OpenRequest one = new OpenRequest(delivery, isAsked);
    open.add(one);
    openNow = open.size();
    if (cancelled.contains(message.id(), delivery.entryId())) {
      complete(one, List.of());
      return;
    }
    if (messages.cameFromThere(message)) {
      // It came from there: workers here are to do it.
      giveBack(one);
      return;
    }
    if (isAsked) {
      waiting.computeIfAbsent(message.id(), first -> new ArrayDeque<>()).add(one);
    }
    try {
      send(one);
    } catch (RuntimeException failure) {
      reject(one, failure.toString());
    }
  }

  private static Throwable cause(Throwable failure) {
    Throwable cause = failure.getCause();
    return failure instanceof CompletionException && cause != null ? cause : failure;
  }

  /** For others of its group. */
  private void giveBack(OpenRequest one) {
    var unused =
        one.delivery().decline(LOOK).whenComplete((held, failure) -> loop.execute(() -> over(one)));
  }

  private Lane lane() {
    Lane own = lane;
    if (own == null) {
      throw new BrokerUnavailable("the bridge has ended");
    }
    return own;
  }

  private void send(OpenRequest one) {
    Message message = one.message();
    String destination = one.isAsked() ? lane().replyAddress(topic) : message.destination();
    Message same = messages.handedOn(message, destination);
    var unused =
        lane()
            .append(List.of(new Append(topic.incoming(), same)))
            .whenComplete((ids, failure) -> loop.execute(() -> wasSent(one, ids, failure)));
  }

  private void wasSent(OpenRequest one, @Nullable List<String> ids, @Nullable Throwable failure) {
    if (failure != null) {
      wasNotSent(one, cause(failure));
    } else if (ids != null) {
      sent.incrementAndGet();
      one.standsAt(ids.getFirst());
      if (!one.isAsked()) {
        complete(one, List.of());
      }
    }
  }

  private void wasNotSent(OpenRequest one, Throwable cause) {
    if (cause instanceof BadMessage refused) {
      reject(one, String.valueOf(refused.getMessage()));
      return;
    }
    faults.warn(
        "topic={} requests are not handed on now, trying again: {}",
        topic,
        String.valueOf(cause.getMessage()));
    forget(one);
    giveBack(one);
  }

  /** It never will be taken there: kept here with its cause, and whoever waits is told. */
  private void reject(OpenRequest one, String why) {
    forget(one);
    givenUp.incrementAndGet();
    one.rejected();
    List<List<Append>> ways = messages.rejections(one, why);
    one.otherwise(ways.subList(1, ways.size()));
    complete(one, ways.getFirst());
  }

  private void cancelled(Cancellation cancelled) {
    this.cancelled.add(cancelled);
    for (OpenRequest one :
        List.copyOf(waiting.getOrDefault(cancelled.messageId(), new ArrayDeque<>()))) {
      if (cancelled.entryId().isEmpty() || cancelled.entryId().equals(one.delivery().entryId())) {
        forget(one);
        var unused = lane().cancel(topic, Cancellation.of(cancelled.messageId(), one.place()));
        complete(one, List.of());
      }
    }
  }

  // From the other broker

  private void replied(Message reply) {
    Deque<OpenRequest> same = waiting.get(reply.id());
    if (same != null) {
      OpenRequest one = same.getFirst();
      forget(one);
      one.otherwise(messages.withoutReply(one));
      complete(one, List.of(BridgedMessages.reply(one, reply)));
    }
  }

  private void forget(OpenRequest one) {
    Deque<OpenRequest> same = waiting.get(one.message().id());
    if (same != null) {
      same.remove(one);
      if (same.isEmpty()) {
        waiting.remove(one.message().id());
      }
    }
  }

  /** Tried again for as long as it is held. */
  private void complete(OpenRequest one, List<Append> appends) {
    var unused =
        one.delivery()
            .complete(appends)
            .whenComplete(
                (held, failure) -> loop.execute(() -> wasCompleted(one, appends, held, failure)));
  }

  private void wasCompleted(
      OpenRequest one, List<Append> appends, @Nullable Boolean held, @Nullable Throwable failure) {
    if (failure == null) {
      answered.addAndGet(Boolean.TRUE.equals(held) && !one.isRejected() ? 1 : 0);
      over(one);
    } else if (!open.contains(one)) {
      log.debug("message={} is held by another", one.message().id());
    } else if (cause(failure) instanceof BadMessage refused && !appends.isEmpty()) {
      faults.warn(
          "message={} what it comes to is not taken: {}",
          one.message().id(),
          String.valueOf(refused.getMessage()));
      complete(one, one.next());
    } else {
      faults.warn(
          "topic={} answers are not brought back now, trying again: {}",
          topic,
          String.valueOf(cause(failure).getMessage()));
      var unused = loop.schedule(PAUSE, () -> complete(one, appends));
    }
  }

  private void over(OpenRequest one) {
    if (!open.remove(one)) {
      return;
    }
    openNow = open.size();
    Subscription begun = reading;
    if (!isEnding && begun != null) {
      begun.request(1);
    }
    if (isEnding && open.isEmpty()) {
      empty.countDown();
    }
  }

  /** What nobody waits for any more is over; what somebody does is held on to. */
  private void look() {
    boolean isExtended = looks++ % LOOKS == LOOKS - 1;
    Instant now = loop.clock().instant().plus(from.broker().clockAhead());
    List.copyOf(open).forEach(one -> guarded(() -> look(one, now, isExtended)));
    if (!ended.isDone()) {
      var unused = loop.schedule(LOOK, this::look);
    }
  }

  private void look(OpenRequest one, Instant now, boolean isExtended) {
    Optional<Instant> deadline = one.message().headers().deadline();
    if (one.isAsked() && deadline.filter(now.minus(GRACE)::isAfter).isPresent()) {
      if (isWaiting(one)) {
        forget(one);
        complete(one, List.of());
      }
    } else if (isExtended) {
      extend(one);
    }
    if (one.isAsked() && deadline.isEmpty() && isWaiting(one) && one.isLong(now.minus(LONG))) {
      log.warn(
          "topic={} message={} is not answered yet, and has no deadline: look whether it is still open where it was handed on",
          topic,
          one.message().id());
    }
  }

  private boolean isWaiting(OpenRequest one) {
    return waiting.getOrDefault(one.message().id(), new ArrayDeque<>()).contains(one);
  }

  private void extend(OpenRequest one) {
    var unused =
        one.delivery()
            .extend()
            .whenComplete(
                (held, failure) -> {
                  if (Boolean.FALSE.equals(held)) {
                    loop.execute(
                        () -> {
                          // Another has it, and hands it on.
                          forget(one);
                          over(one);
                        });
                  }
                });
  }

  @Override
  public void close() {
    try {
      drain();
    } catch (RuntimeException away) {
      log.warn(
          "topic={} requests={} are still open, others have them once their lease is over: {}",
          topic,
          openNow,
          String.valueOf(cause(away).getMessage()));
    } finally {
      ended.complete(null);
      for (Subscription one : Arrays.asList(reading, cancelling)) {
        if (one != null) {
          guarded(one::close);
        }
      }
      guarded(() -> loop.execute(() -> lane().close()));
    }
  }

  private void drain() {
    Subscription begun = reading;
    if (begun == null) {
      return;
    }
    // Where the broker is away this would take as long as it is.
    var unusedEnd =
        begun.end().toCompletableFuture().copy().completeOnTimeout(null, 1, TimeUnit.SECONDS);
    Object unused = unusedEnd.join();
    loop.execute(
        () -> {
          isEnding = true;
          if (open.isEmpty()) {
            empty.countDown();
          }
        });
    try {
      if (!empty.await(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
        log.warn("topic={} requests={} are still open, and go back to their group", topic, openNow);
        Object unusedBack =
            StreamScan.result(
                CompletableFuture.supplyAsync(this::giveBack, loop)
                    .thenCompose(all -> all)
                    .orTimeout(FAREWELL.toMillis(), TimeUnit.MILLISECONDS));
      }
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private CompletionStage<Void> giveBack() {
    return CompletableFuture.allOf(
        open.stream()
            .map(one -> one.delivery().release(Duration.ZERO).toCompletableFuture())
            .toArray(CompletableFuture[]::new));
  }
}
