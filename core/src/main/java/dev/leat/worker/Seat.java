package dev.leat.worker;

import dev.leat.BadMessage;
import dev.leat.Headers;
import dev.leat.LeatException;
import dev.leat.Message;
import dev.leat.Problem;
import dev.leat.Request;
import dev.leat.Topic;
import dev.leat.WorkerEvent;
import dev.leat.broker.Append;
import dev.leat.broker.Broker;
import dev.leat.broker.Delivery;
import dev.leat.broker.DeliveryListener;
import dev.leat.broker.EventLoop;
import dev.leat.broker.Membership;
import dev.leat.broker.Subscription;
import dev.leat.wire.DeadLetter;
import dev.leat.wire.ProblemReply;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One member of a group on one topic: each delivery runs on a virtual thread of its own. Any
 * thread.
 */
final class Seat implements DeliveryListener {
  private static final Logger log = LoggerFactory.getLogger(Seat.class);

  /**
   * Milliseconds before a member that could not go on is started again; doubles up to the other.
   */
  private static final long FIRST_PAUSE = 100;

  private static final long LONGEST_PAUSE = 30_000;

  private final Broker broker;
  private final EventLoop loop;
  private final Membership membership;
  private final Topic topic;
  private final int concurrency;
  private final Duration drain;
  private final Function<String, @Nullable Binding<?>> bindings;
  private final Consumer<WorkerEvent> listener;
  private final Map<Delivery, Thread> active = new ConcurrentHashMap<>();
  private final AtomicInteger finished = new AtomicInteger();
  private final AtomicLong pause = new AtomicLong(FIRST_PAUSE);
  private volatile @Nullable Subscription subscription;
  private volatile EventLoop.@Nullable Timer extending;
  private volatile boolean closed;

  Seat(
      Broker broker,
      EventLoop loop,
      Membership membership,
      Settings settings,
      Function<String, @Nullable Binding<?>> bindings,
      Consumer<WorkerEvent> listener) {
    this.broker = broker;
    this.loop = loop;
    this.membership = membership;
    this.topic = membership.topic();
    this.concurrency = settings.concurrency();
    this.drain = settings.drain();
    this.bindings = bindings;
    this.listener = listener;
  }

  void start() {
    extendLater();
    join();
    log.info(
        "worker topic={} group={} member={} started",
        topic,
        membership.group(),
        membership.member());
  }

  int inFlight() {
    return active.size();
  }

  /** Takes no more, waits for handlers, and gives back what is not done by then. Blocks. */
  void close() {
    if (closed) {
      return;
    }
    closed = true;
    Subscription begun = subscription;
    if (begun != null) {
      begun.close();
    }
    awaitHandlers(loop.clock().instant().plus(drain));
    EventLoop.Timer timer = extending;
    if (timer != null) {
      timer.cancel();
    }
    int givenBack = active.size();
    active.forEach(
        (delivery, thread) -> {
          log.warn("message={} given back unfinished", delivery.message().id());
          var unused = delivery.release(Duration.ZERO);
          thread.interrupt();
        });
    log.info(
        "worker topic={} group={} member={} closed",
        topic,
        membership.group(),
        membership.member());
    tell(new WorkerEvent.Drained(topic, membership.member(), givenBack));
  }

  @Override
  public void onDeliveries(List<Delivery> batch) {
    pause.set(FIRST_PAUSE);
    try {
      for (Delivery delivery : batch) {
        Thread thread = Thread.ofVirtual().unstarted(() -> run(delivery));
        active.put(delivery, thread);
        thread.start();
      }
    } catch (RuntimeException | Error failure) {
      // What of the batch was not begun comes again when its lease has lapsed.
      crash(failure);
    }
  }

  @Override
  public void onConnected() {
    tell(new WorkerEvent.Connected(topic, membership.member()));
  }

  @Override
  public void onLost() {
    tell(new WorkerEvent.Lost(topic, membership.member()));
  }

  @Override
  public void onEnded(LeatException cause) {
    crash(cause);
  }

  private void join() {
    try {
      Subscription begun = broker.subscribe(membership, this);
      subscription = begun;
      begun.request(Math.max(1, concurrency - active.size()));
      if (closed) {
        begun.close();
      }
    } catch (RuntimeException failure) {
      crash(failure);
    }
  }

  /** Starts again, later and later as long as nothing comes of it. */
  private void crash(Throwable cause) {
    if (closed) {
      return;
    }
    Subscription broken = subscription;
    if (broken != null) {
      subscription = null;
      broken.close();
    }
    Duration wait = Duration.ofMillis(pause.getAndUpdate(ms -> Math.min(2 * ms, LONGEST_PAUSE)));
    log.warn(
        "worker topic={} group={} member={} could not go on, starts again pause_ms={}",
        topic,
        membership.group(),
        membership.member(),
        wait.toMillis(),
        cause);
    tell(new WorkerEvent.Crashed(topic, membership.member(), cause, wait));
    loop.schedule(
        wait,
        () -> {
          if (!closed) {
            join();
          }
        });
  }

  /** A listener that throws is its own affair. */
  private void tell(WorkerEvent event) {
    try {
      listener.accept(event);
    } catch (RuntimeException failure) {
      log.warn("event={} listener failed", event, failure);
    }
  }

  private void awaitHandlers(Instant until) {
    try {
      for (Thread thread : active.values()) {
        Duration left = Duration.between(loop.clock().instant(), until);
        if (!left.isPositive() || !thread.join(left)) {
          return;
        }
      }
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void run(Delivery delivery) {
    try {
      handle(delivery);
    } finally {
      active.remove(delivery);
      askForMore();
    }
  }

  private void handle(Delivery delivery) {
    Message message = delivery.message();
    if (expired(message)) {
      log.debug("message={} type={} expired before it was begun", message.id(), message.type());
      end(delivery, delivery.complete(List.of()));
      return;
    }
    Binding<?> binding = bindings.apply(message.type());
    if (binding == null) {
      log.warn("message={} type={} topic={} has no handler", message.id(), message.type(), topic);
      String detail = "topic " + topic + " has no handler for type '" + message.type() + "'";
      end(delivery, reject(delivery, Problem.of(501, "No handler", detail), ""));
      return;
    }
    Instant began = loop.clock().instant();
    Binding.Result result =
        binding.handle(new Request(message, delivery.attempt()), topic.toString());
    switch (result) {
      case Binding.Result.Done done -> end(delivery, delivery.complete(List.of()));
      case Binding.Result.Answered answered ->
          answer(delivery, measured(answered.reply(), delivery, began));
      case Binding.Result.Failed failed -> fail(delivery, failed.problem());
      case Binding.Result.Broken broken -> end(delivery, reject(delivery, broken.problem(), ""));
    }
  }

  /** Who sets a deadline is one of ours and measures; others get what the protocol always had. */
  private Message measured(Message reply, Delivery delivery, Instant began) {
    if (!delivery.message().headers().has(Headers.DEADLINE)) {
      return reply;
    }
    long took = ChronoUnit.MICROS.between(began, loop.clock().instant());
    Headers.Builder headers = reply.headers().toBuilder().set(Headers.TOOK, Long.toString(took));
    if (delivery.attempt() > 1) {
      headers.set(Headers.ATTEMPT, Integer.toString(delivery.attempt()));
    }
    return reply.withHeaders(headers.build());
  }

  /** A reply that the broker will not take becomes a problem that it will. */
  private void answer(Delivery delivery, Message reply) {
    Append append = new Append(delivery.message().destination(), reply);
    end(
        delivery,
        delivery
            .complete(List.of(append))
            .exceptionallyCompose(
                failure -> {
                  if (!(rootOf(failure) instanceof BadMessage refused)) {
                    return CompletableFuture.failedStage(failure);
                  }
                  log.warn("message={} reply refused", delivery.message().id(), refused);
                  return complete(
                      delivery,
                      Problem.of(500, "Handler failed", "the reply is more than a stream takes"));
                }));
  }

  /** Whoever waits is told; what nobody waits for is kept among the dead letters. */
  private void fail(Delivery delivery, Problem problem) {
    end(
        delivery,
        delivery.message().wantsReply()
            ? complete(delivery, problem)
            : reject(delivery, problem, ""));
  }

  private CompletionStage<Boolean> complete(Delivery delivery, Problem problem) {
    Message reply = ProblemReply.to(delivery.message(), problem, topic.toString());
    return delivery.complete(List.of(new Append(delivery.message().destination(), reply)));
  }

  /** Kept among the dead letters with its cause; and whoever waits is told. */
  private CompletionStage<Boolean> reject(Delivery delivery, Problem cause, String stack) {
    Message message = delivery.message();
    DeadLetter letter =
        DeadLetter.of(message, cause, delivery.attempt(), loop.clock().instant())
            .acceptedAt(delivery.acceptedAt())
            .by(membership.group(), membership.member())
            .withStack(stack);
    List<Append> appends = new ArrayList<>(2);
    appends.add(new Append(topic.deadLetters(), letter.written()));
    if (message.wantsReply()) {
      appends.add(
          new Append(message.destination(), ProblemReply.to(message, cause, topic.toString())));
    }
    return delivery.complete(appends);
  }

  private static void end(Delivery delivery, CompletionStage<Boolean> ending) {
    String id = delivery.message().id();
    var unused =
        ending.whenComplete(
            (held, failure) -> {
              if (failure != null) {
                log.warn("message={} not ended, it will be handed over again", id, failure);
              } else if (!held) {
                log.debug("message={} ended too late, another has it", id);
              }
            });
  }

  /** In portions, since each is a call to the broker; never so large that handlers run dry. */
  private void askForMore() {
    int portion = Math.max(1, concurrency / 8);
    int count = finished.incrementAndGet();
    Subscription begun = subscription;
    if (count % portion == 0 && begun != null && !closed) {
      begun.request(portion);
    }
  }

  private void extendLater() {
    // Three times a lease, so that one late turn of the loop costs no message its holder.
    extending = loop.schedule(membership.lease().dividedBy(3), this::extendAll);
  }

  private void extendAll() {
    for (Delivery delivery : new ArrayList<>(active.keySet())) {
      var unused = delivery.extend();
    }
    if (!closed || !active.isEmpty()) {
      extendLater();
    }
  }

  private boolean expired(Message message) {
    return message
        .headers()
        .deadline()
        .filter(deadline -> !loop.clock().instant().isBefore(deadline))
        .isPresent();
  }

  private static Throwable rootOf(Throwable failure) {
    Throwable cause = failure.getCause();
    return failure instanceof CompletionException && cause != null ? cause : failure;
  }
}
