package dev.leat.worker;

import dev.leat.Handler;
import dev.leat.Handling;
import dev.leat.OneWay;
import dev.leat.Position;
import dev.leat.Reply;
import dev.leat.Request;
import dev.leat.Retention;
import dev.leat.Retry;
import dev.leat.Telemetry;
import dev.leat.Topic;
import dev.leat.Unsupported;
import dev.leat.Worker;
import dev.leat.WorkerCounts;
import dev.leat.WorkerEvent;
import dev.leat.broker.Broker;
import dev.leat.broker.BrokerLimits;
import dev.leat.broker.Capability;
import dev.leat.broker.EventLoop;
import dev.leat.broker.Membership;
import dev.leat.broker.TopicRetentions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A worker: handlers by type, and members that feed them, so many on each topic. A lock guards who
 * is a member; handlers are found without it.
 */
public final class StreamWorker implements Worker {
  private static final Logger log = LoggerFactory.getLogger(StreamWorker.class);

  /** How long the start waits for a broker that does not answer. */
  private static final Duration PATIENCE = Duration.ofSeconds(2);

  private final Telemetry telemetry;
  private final SentParts parts;
  private final Broker broker;
  private final EventLoop loop;
  private final Bindings bindings = new Bindings();
  private final DeliveryCounters tally = new DeliveryCounters();
  private final ReentrantLock lock = new ReentrantLock();

  private final AtomicBoolean warned = new AtomicBoolean();
  private final TopicRetentions retentions;

  /** Members that drain. */
  private final Set<GroupMember> leaving = ConcurrentHashMap.newKeySet();

  // All below is guarded by the lock.
  private final Map<Topic, List<GroupMember>> byTopic = new LinkedHashMap<>();
  private final List<Thread> draining = new ArrayList<>();
  private final Map<String, AtomicInteger> turns = new HashMap<>();
  private volatile Settings settings;
  private Consumer<WorkerEvent> listener = event -> {};
  private Optional<Retention> keep = Optional.empty();
  private Optional<Retention> keepDeadLetters = Optional.empty();
  private int members = 1;
  private boolean started;
  private boolean closed;

  /**
   * A worker that is not started yet.
   *
   * @param loop for its timers
   * @param name of its members, with a number each, within whatever group they join
   * @param telemetry told of what they do
   * @param parts where answers in parts go
   */
  public StreamWorker(
      Broker broker,
      EventLoop loop,
      Topic topic,
      String name,
      Telemetry telemetry,
      SentParts parts) {
    this.telemetry = telemetry;
    this.parts = parts;
    this.broker = broker;
    this.loop = loop;
    this.settings = Settings.named(name);
    this.retentions = new TopicRetentions(broker, loop);
    this.byTopic.put(topic, new ArrayList<>());
  }

  @Override
  public <T> Worker on(String type, Class<T> payload, Handler<T> handler, Handling handling) {
    return bind(type, new Binding<>(payload, handler, handling), true);
  }

  private Worker bind(String type, Binding<?> binding, boolean answering) {
    Handling handling = binding.handling();
    if (handling.remembered().isPresent()) {
      broker.require(Capability.NOTES);
    }
    refuseBeyondLimits(handling.retry());
    if (!bindings.add(type, binding, answering)) {
      throw new IllegalStateException("type " + type + " of topic " + topics() + " has a handler");
    }
    return this;
  }

  private void refuseBeyondLimits(Retry retry) {
    BrokerLimits limits = broker.limits();
    if (retry.attempts() > limits.deliveries()) {
      throw new Unsupported(
          "this broker gives a message up after %d deliveries: retry with %d attempts at most, not %d"
              .formatted(limits.deliveries(), limits.deliveries(), retry.attempts()));
    }
    if (retry.attempts() > 1 && retry.ceiling().compareTo(limits.longestDelay()) > 0) {
      throw new Unsupported(
          "this broker delays a message by %s at most: give retries a ceiling of no more than that, not %s"
              .formatted(limits.longestDelay(), retry.ceiling()));
    }
  }

  @Override
  public <T> Worker onOneWay(String type, Class<T> payload, OneWay<T> handler, Handling handling) {
    Handler<T> silent =
        (value, request) -> {
          handler.handle(value, request);
          warnOfAnswers(request);
          return Reply.empty();
        };
    return bind(type, new Binding<>(payload, silent, handling), false);
  }

  @Override
  public Worker off(String type) {
    bindings.remove(type);
    return this;
  }

  @Override
  public Worker others() {
    bindings.leaveOthers();
    return this;
  }

  @Override
  public Worker group(String name) {
    return change(before -> before.withGroup(name));
  }

  @Override
  public Worker ordered() {
    broker.require(Capability.KEY_ORDER);
    return change(Settings::inOrder);
  }

  @Override
  public Worker listening() {
    return change(Settings::listening);
  }

  @Override
  public Worker answersAnywhere() {
    return change(Settings::answeringAnywhere);
  }

  @Override
  public Worker concurrency(int handlers) {
    return change(before -> before.withConcurrency(handlers));
  }

  @Override
  public Worker lease(Duration duration) {
    broker
        .limits()
        .refusedLease(duration)
        .ifPresent(
            why -> {
              throw new Unsupported("this broker cannot do that: " + why);
            });
    return change(before -> before.withLease(duration));
  }

  @Override
  public Worker keep(Retention completed) {
    broker.require(Capability.TOPIC_RETENTION);
    return change(
        before -> {
          keep = Optional.of(completed);
          return before;
        });
  }

  @Override
  public Worker keepDeadLetters(Retention letters) {
    broker.require(Capability.TOPIC_RETENTION);
    return change(
        before -> {
          keepDeadLetters = Optional.of(letters);
          return before;
        });
  }

  @Override
  public Worker drain(Duration patience) {
    return change(before -> before.withDrain(patience));
  }

  @Override
  public Worker named(String name) {
    return change(before -> before.withName(name));
  }

  @Override
  public Worker from(Position start) {
    if (start instanceof Position.At) {
      broker.require(Capability.TIME_POSITION);
    }
    return change(before -> before.withStart(start));
  }

  @Override
  public Worker onEvent(Consumer<WorkerEvent> heard) {
    return locked(
        () -> {
          refuseOnceStarted();
          listener = heard;
          return this;
        });
  }

  @Override
  public Worker addTopic(String topic) {
    return locked(
        () -> {
          byTopic.putIfAbsent(Topic.of(topic), new ArrayList<>());
          settle();
          return this;
        });
  }

  @Override
  public Worker removeTopic(String topic) {
    return locked(
        () -> {
          List<GroupMember> left = byTopic.remove(Topic.of(topic));
          if (left != null) {
            left.forEach(this::drainMeanwhile);
          }
          return this;
        });
  }

  @Override
  public Worker members(int number) {
    if (number < 1) {
      throw new IllegalArgumentException("a worker has at least 1 member, was " + number);
    }
    return locked(
        () -> {
          members = number;
          settle();
          return this;
        });
  }

  @Override
  public Worker start() {
    List<GroupMember> begun =
        locked(
            () -> {
              refuseOnceStarted();
              started = true;
              try {
                settle();
              } catch (Unsupported never) {
                all().forEach(this::drainMeanwhile);
                byTopic.clear();
                closed = true;
                throw never;
              }
              return all();
            });
    if (!loop.inLoop()) {
      CompletableFuture.allOf(
              begun.stream().map(GroupMember::joined).toArray(CompletableFuture<?>[]::new))
          .completeOnTimeout(null, PATIENCE.toMillis(), TimeUnit.MILLISECONDS)
          .exceptionally(refused -> null)
          .join();
    }
    return this;
  }

  @Override
  public int inFlight() {
    List<GroupMember> here = locked(this::all);
    return here.stream().mapToInt(GroupMember::inFlight).sum()
        + leaving.stream().mapToInt(GroupMember::inFlight).sum();
  }

  @Override
  public WorkerCounts counts() {
    return tally.counts();
  }

  @Override
  public void close() {
    List<Thread> ending =
        locked(
            () -> {
              closed = true;
              retentions.close();
              all().forEach(this::drainMeanwhile);
              byTopic.clear();
              return List.copyOf(draining);
            });
    for (Thread thread : ending) {
      try {
        thread.join();
      } catch (InterruptedException interrupted) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }

  @Override
  public void hasten() {
    leaving.forEach(GroupMember::hasten);
  }

  /**
   * The first answer counts: a group beside the workers that forgot to say that it only listens.
   */
  private void warnOfAnswers(Request request) {
    Settings mine = settings;
    if (request.message().wantsReply()
        && mine.answers()
        && !mine.group().equals(DEFAULT_GROUP)
        && !warned.getAndSet(true)) {
      log.warn(
          "type={} group={} answers requests with nothing (204); if others are to answer them, it"
              + " says listening()",
          request.type(),
          mine.group());
    }
  }

  /** Has on each topic as many members as there should be. */
  private void settle() {
    if (!started || closed) {
      return;
    }
    byTopic.forEach(
        (topic, taken) -> {
          if (taken.isEmpty()) {
            keep.ifPresent(kept -> retentions.say(topic.incoming(), kept));
            keepDeadLetters.ifPresent(kept -> retentions.say(topic.deadLetters(), kept));
          }
          while (taken.size() > members) {
            drainMeanwhile(taken.removeLast());
          }
          while (taken.size() < members) {
            GroupMember member =
                new GroupMember(
                    broker,
                    loop,
                    names(topic, taken.size() + 1),
                    settings,
                    bindings,
                    tally,
                    telemetry,
                    parts,
                    RandomGenerator.getDefault(),
                    listener);
            taken.add(member);
            member.start();
          }
        });
  }

  /** Names are not used again: who had one may drain, or have crashed and still be at work. */
  private Supplier<Membership> names(Topic topic, int number) {
    AtomicInteger turn = turns.computeIfAbsent(topic + " " + number, first -> new AtomicInteger());
    return () -> settings.membership(topic, number, turn.incrementAndGet());
  }

  private void drainMeanwhile(GroupMember member) {
    draining.removeIf(thread -> !thread.isAlive());
    leaving.add(member);
    draining.add(
        Thread.startVirtualThread(
            () -> {
              member.close();
              leaving.remove(member);
            }));
  }

  private List<GroupMember> all() {
    return byTopic.values().stream().flatMap(List::stream).toList();
  }

  private String topics() {
    return locked(() -> String.join(", ", byTopic.keySet().stream().map(Topic::toString).toList()));
  }

  private Worker change(UnaryOperator<Settings> change) {
    return locked(
        () -> {
          refuseOnceStarted();
          settings = change.apply(settings);
          return this;
        });
  }

  private void refuseOnceStarted() {
    if (started || closed) {
      throw new IllegalStateException("the worker of topic " + topics() + " is started or closed");
    }
  }

  private <R> R locked(Supplier<R> action) {
    lock.lock();
    try {
      return action.get();
    } finally {
      lock.unlock();
    }
  }
}
