package dev.leat.worker;

import dev.leat.BadMessage;
import dev.leat.Handler;
import dev.leat.Headers;
import dev.leat.Message;
import dev.leat.Position;
import dev.leat.Problem;
import dev.leat.Request;
import dev.leat.Topic;
import dev.leat.Worker;
import dev.leat.broker.Append;
import dev.leat.broker.Broker;
import dev.leat.broker.Delivery;
import dev.leat.broker.EventLoop;
import dev.leat.broker.Membership;
import dev.leat.broker.Subscription;
import dev.leat.wire.ProblemReply;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A worker on a topic: each delivery runs on a virtual thread of its own. */
public final class TopicWorker implements Worker {
  private static final Logger log = LoggerFactory.getLogger(TopicWorker.class);

  private final Broker broker;
  private final EventLoop loop;
  private final Topic topic;
  private final String member;
  private final Map<String, Binding<?>> bindings = new HashMap<>();
  private final Map<Delivery, Thread> active = new ConcurrentHashMap<>();
  private final AtomicInteger finished = new AtomicInteger();

  private String group = DEFAULT_GROUP;
  private int concurrency = DEFAULT_CONCURRENCY;
  private Duration lease = Membership.DEFAULT_LEASE;
  private Duration drain = DEFAULT_DRAIN;
  private volatile @Nullable Subscription subscription;
  private volatile EventLoop.@Nullable Timer extending;
  private volatile boolean closed;

  /**
   * A worker that is not started yet.
   *
   * @param loop for its timers
   * @param member its name within whatever group it joins
   */
  public TopicWorker(Broker broker, EventLoop loop, Topic topic, String member) {
    this.broker = broker;
    this.loop = loop;
    this.topic = topic;
    this.member = member;
  }

  @Override
  public <T> Worker on(String type, Class<T> payload, Handler<T> handler) {
    refuseOnceStarted();
    Binding<T> binding = new Binding<>(payload, handler, topic.toString());
    if (bindings.putIfAbsent(type, binding) != null) {
      throw new IllegalStateException("type " + type + " of topic " + topic + " has a handler");
    }
    return this;
  }

  @Override
  public Worker group(String name) {
    refuseOnceStarted();
    group = name;
    return this;
  }

  @Override
  public Worker concurrency(int handlers) {
    refuseOnceStarted();
    if (handlers < 1) {
      throw new IllegalArgumentException("concurrency must be at least 1, was " + handlers);
    }
    concurrency = handlers;
    return this;
  }

  @Override
  public Worker lease(Duration duration) {
    refuseOnceStarted();
    lease = duration;
    return this;
  }

  @Override
  public Worker drain(Duration patience) {
    refuseOnceStarted();
    drain = patience;
    return this;
  }

  @Override
  public Worker start() {
    refuseOnceStarted();
    Membership membership = new Membership(topic, group, member, lease, Position.START);
    Subscription begun = broker.subscribe(membership, this::onDeliveries);
    subscription = begun;
    extendLater();
    begun.request(concurrency);
    log.info("worker topic={} group={} member={} started", topic, group, member);
    return this;
  }

  @Override
  public int inFlight() {
    return active.size();
  }

  @Override
  public void close() {
    Subscription begun = subscription;
    if (closed || begun == null) {
      closed = true;
      return;
    }
    closed = true;
    begun.close();
    awaitHandlers(loop.clock().instant().plus(drain));
    EventLoop.Timer timer = extending;
    if (timer != null) {
      timer.cancel();
    }
    active.forEach(
        (delivery, thread) -> {
          log.warn("message={} given back unfinished", delivery.message().id());
          var unused = delivery.release(Duration.ZERO);
          thread.interrupt();
        });
    log.info("worker topic={} group={} member={} closed", topic, group, member);
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

  private void onDeliveries(List<Delivery> batch) {
    for (Delivery delivery : batch) {
      Thread thread = Thread.ofVirtual().unstarted(() -> run(delivery));
      active.put(delivery, thread);
      thread.start();
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
    Binding<?> binding = bindings.get(message.type());
    if (binding == null) {
      log.warn("message={} type={} topic={} has no handler", message.id(), message.type(), topic);
      String detail = "topic " + topic + " has no handler for type '" + message.type() + "'";
      end(delivery, delivery.reject(Problem.of(501, "No handler", detail)));
      return;
    }
    Instant began = loop.clock().instant();
    Binding.Result result = binding.handle(new Request(message, delivery.attempt()));
    switch (result) {
      case Binding.Result.Done done -> end(delivery, delivery.complete(List.of()));
      case Binding.Result.Answered answered ->
          answer(delivery, measured(answered.reply(), delivery, began));
      case Binding.Result.Failed failed -> fail(delivery, failed.problem());
      case Binding.Result.Broken broken -> end(delivery, delivery.reject(broken.problem()));
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
        delivery.message().wantsReply() ? complete(delivery, problem) : delivery.reject(problem));
  }

  private CompletionStage<Boolean> complete(Delivery delivery, Problem problem) {
    Message reply = ProblemReply.to(delivery.message(), problem, topic.toString());
    return delivery.complete(List.of(new Append(delivery.message().destination(), reply)));
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
    extending = loop.schedule(lease.dividedBy(3), this::extendAll);
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

  private void refuseOnceStarted() {
    if (subscription != null || closed) {
      throw new IllegalStateException("the worker of topic " + topic + " is started or closed");
    }
  }

  private static Throwable rootOf(Throwable failure) {
    Throwable cause = failure.getCause();
    return failure instanceof CompletionException && cause != null ? cause : failure;
  }
}
