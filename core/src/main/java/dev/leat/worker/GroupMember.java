package dev.leat.worker;

import dev.leat.BadConfiguration;
import dev.leat.BrokerUnavailable;
import dev.leat.LeatException;
import dev.leat.Participant;
import dev.leat.Telemetry;
import dev.leat.Topic;
import dev.leat.Unsupported;
import dev.leat.WorkerEvent;
import dev.leat.broker.Announcement;
import dev.leat.broker.Broker;
import dev.leat.broker.Capability;
import dev.leat.broker.Delivery;
import dev.leat.broker.DeliveryListener;
import dev.leat.broker.EventLoop;
import dev.leat.broker.FaultLog;
import dev.leat.broker.Membership;
import dev.leat.broker.Subscription;
import dev.leat.broker.UnreadTopics;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One member of a group on one topic: each delivery runs on a virtual thread of its own. Any
 * thread.
 */
final class GroupMember implements DeliveryListener {
  private static final Logger log = LoggerFactory.getLogger(GroupMember.class);

  /**
   * Milliseconds before a member that could not go on is started again; doubles up to the other.
   */
  private static final long FIRST_PAUSE = 100;

  private static final long LONGEST_PAUSE = 30_000;

  /** How long it is waited, after handlers were, that the broker answers what they came to. */
  private static final Duration FAREWELL = Duration.ofSeconds(5);

  /** Milliseconds; a name that is taken is one that several have been given, who all go on. */
  private static final int NAME_PAUSE = 50;

  private final Broker broker;
  private final EventLoop loop;
  private final Supplier<Membership> names;
  private final Topic topic;
  private final Duration drain;
  private final Cancellations cancellations = new Cancellations();
  private final Function<Membership, MemberContext> contexts;
  private final WorkerEvents events;

  /** As what it is a member now. */
  private volatile MemberContext context;

  private final DeliveryCounters tally;
  private final ActiveDeliveries active;

  private final Demand demand;
  private final CompletableFuture<Void> joined = new CompletableFuture<>();
  private final RandomGenerator random;
  private final AtomicLong pause = new AtomicLong(FIRST_PAUSE);
  private volatile @Nullable Subscription subscription;
  private volatile @Nullable Subscription cancelled;
  private volatile @Nullable Announcement announcement;
  private final Instant since;
  private final ReentrantLock closing = new ReentrantLock();

  /** Held for a moment, while it is subscribed or that ends. */
  private final ReentrantLock joining = new ReentrantLock();

  /** Takes no more. */
  private volatile boolean closed;

  /** Waits for no handler any more. */
  private volatile boolean hastened;

  /** And begins no handler any more. */
  private volatile boolean over;

  /**
   * A member that has not joined yet.
   *
   * @param names gives what it is a member as; another name each time that it has to begin anew
   */
  GroupMember(
      Broker broker,
      EventLoop loop,
      Supplier<Membership> names,
      Settings settings,
      Bindings bindings,
      DeliveryCounters tally,
      Telemetry telemetry,
      SentParts parts,
      RandomGenerator random,
      Consumer<WorkerEvent> listener) {
    this.broker = broker;
    this.loop = loop;
    this.names = names;
    this.active = new ActiveDeliveries(loop);
    this.demand = new Demand(settings.concurrency());
    this.drain = settings.drain();
    this.tally = tally;
    this.random = random;
    FaultLog faults = new FaultLog(log, loop.clock());
    UnreadTopics unread = new UnreadTopics(broker, loop);
    this.contexts =
        membership ->
            new MemberContext(
                broker,
                membership,
                settings.answersAnywhere(),
                loop,
                bindings,
                new Colleagues(broker, membership, loop.clock()),
                cancellations,
                faults,
                unread,
                tally,
                telemetry,
                parts,
                random);
    this.context = contexts.apply(names.get());
    this.since = loop.wallClock().instant();
    this.topic = context.topic();
    this.events = new WorkerEvents(loop, listener);
  }

  void start() {
    active.start(membership().lease());
    followCancellations();
    join();
    announce();
    log.info(
        "worker topic={} group={} member={} started",
        topic,
        membership().group(),
        membership().member());
  }

  /** Nobody sees it where the broker is closed meanwhile: no reason not to begin. */
  private void announce() {
    if (broker.capabilities().contains(Capability.PARTICIPANTS)) {
      try {
        announcement = broker.announce(this::participant);
      } catch (BrokerUnavailable closed) {
        log.debug("worker topic={} is not announced", topic, closed);
      }
    }
  }

  private Participant participant() {
    return new Participant.Member(
        topic,
        membership().group(),
        membership().member(),
        since,
        context.bindings().version(),
        context.bindings().payloads());
  }

  /** Completes once it is a member, or could not become one. */
  CompletableFuture<?> joined() {
    return joined;
  }

  int inFlight() {
    return active.size();
  }

  /**
   * Takes no more, waits for handlers, gives back what is not done by then, and waits until the
   * broker has answered that. Blocks; whoever else closes it waits for the same.
   */
  void close() {
    closing.lock();
    try {
      if (!over) {
        drain();
      }
    } finally {
      closing.unlock();
    }
  }

  private void drain() {
    closed = true;
    Instant until = loop.clock().instant().plus(drain);
    Subscription begun = subscription;
    if (begun != null) {
      await(begun.end(), until);
    }
    active.awaitEnds(until, () -> hastened);
    over = true;
    int givenBack = active.size();
    active.forEach(this::giveBack);
    active.awaitEnds(loop.clock().instant().plus(FAREWELL), () -> false);
    if (begun != null) {
      begun.close();
    }
    Subscription following = cancelled;
    if (following != null) {
      following.close();
    }
    active.stop();
    Announcement said = announcement;
    if (said != null) {
      said.close();
    }
    log.info(
        "worker topic={} group={} member={} closed {}",
        topic,
        membership().group(),
        membership().member(),
        tally);
    // The last one comes after all others, and is told by the time that this returns.
    await(
        events.tellLast(new WorkerEvent.Drained(topic, membership().member(), givenBack)),
        loop.clock().instant().plus(FAREWELL));
  }

  /** A drain that waits for handlers waits no longer. */
  void hasten() {
    if (closed) {
      hastened = true;
      active.wake();
    }
  }

  private void giveBack(DeliveryTask work) {
    log.warn("message={} given back unfinished", work.id());
    work.abandon(StopReason.GIVEN_BACK);
  }

  @Override
  public void onDeliveries(List<Delivery> batch) {
    pause.set(FIRST_PAUSE);
    demand.taken(batch.size());
    List<DeliveryTask> works =
        batch.stream()
            .map(one -> new DeliveryTask(context, one, this::askForMore, active::remove))
            .toList();
    active.addAll(works);
    if (over) {
      // Closed meanwhile: what comes now goes to others.
      works.forEach(this::giveBack);
    } else {
      begin(works);
    }
  }

  /** One thread that starts the others: to start each from here would wake a carrier for each. */
  private void begin(List<DeliveryTask> works) {
    if (works.size() == 1) {
      start(works.getFirst(), works);
    } else {
      start(() -> works.forEach(work -> start(work, List.of(work))), works);
    }
  }

  /** What cannot be started, for want of memory, is given back: nobody would end it. */
  private void start(Runnable action, List<DeliveryTask> works) {
    try {
      Thread.startVirtualThread(action);
    } catch (RuntimeException | Error failure) {
      works.forEach(this::giveBack);
      demand.freed(works.size());
      crash(failure, this::joinLater);
    }
  }

  @Override
  public Set<String> types() {
    return context.bindings().types();
  }

  @Override
  public void onConnected() {
    events
        .tell(new WorkerEvent.Connected(topic, membership().member()))
        .thenRun(() -> joined.complete(null));
  }

  @Override
  public void onLost() {
    events.tell(new WorkerEvent.Lost(topic, membership().member()));
  }

  @Override
  public void onEnded(LeatException cause) {
    joined.complete(null);
    crash(cause, this::joinLater);
  }

  /** The next name is tried soon; not at once, since all who are named alike do the same. */
  @Override
  public void onNameTaken(LeatException cause) {
    crash(
        cause,
        taken -> {
          log.warn("worker {}", cause.getMessage());
          joinIn(Duration.ofMillis(random.nextInt(NAME_PAUSE)), cause);
        });
  }

  private Membership membership() {
    return context.membership();
  }

  private void join() {
    joining.lock();
    try {
      Subscription begun = broker.subscribe(membership(), this);
      subscription = begun;
      demand.request(begun);
      if (closed) {
        begun.close();
      }
    } catch (Unsupported never) {
      joined.complete(null);
      throw never;
    } catch (RuntimeException failure) {
      joinLater(failure);
    } finally {
      joining.unlock();
    }
  }

  /** Ends what it is subscribed to, once, and gives its places back. */
  private void crash(Throwable cause, Consumer<Throwable> then) {
    Subscription broken;
    joining.lock();
    try {
      broken = subscription;
      if (broken == null || closed) {
        return;
      }
      subscription = null;
    } finally {
      joining.unlock();
    }
    // Without the lock: it may wait for a batch that is being handed over.
    broken.close();
    demand.forget();
    then.accept(cause);
  }

  /** Starts again, later and later as long as nothing comes of it. */
  private void joinLater(Throwable cause) {
    Duration wait = Duration.ofMillis(pause.getAndUpdate(ms -> Math.min(2 * ms, LONGEST_PAUSE)));
    String what =
        "topic=%s group=%s member=%s".formatted(topic, membership().group(), membership().member());
    if (cause instanceof BadConfiguration || cause instanceof Unsupported) {
      log.error(
          "worker {} is refused, asks again pause_ms={}: {}",
          what,
          wait.toMillis(),
          cause.getMessage());
    } else {
      log.warn("worker {} could not go on, starts again pause_ms={}", what, wait.toMillis(), cause);
    }
    joinIn(wait, cause);
  }

  private void joinIn(Duration wait, Throwable cause) {
    events.tell(new WorkerEvent.Crashed(topic, membership().member(), cause, wait));
    loop.schedule(
        wait,
        () -> {
          if (!closed) {
            context = contexts.apply(names.get());
            joinAgain();
          }
        });
  }

  private void joinAgain() {
    try {
      join();
    } catch (Unsupported notAnyMore) {
      joinLater(notAnyMore);
    }
  }

  private void await(CompletionStage<?> stage, Instant until) {
    long left = Duration.between(loop.clock().instant(), until).toMillis();
    try {
      stage.toCompletableFuture().get(Math.max(0, left), TimeUnit.MILLISECONDS);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException | TimeoutException late) {
      log.debug("topic={} the broker does not say what is on its way", topic, late);
    }
  }

  /** A handler is done: there is room for another. */
  private void askForMore() {
    Subscription begun = subscription;
    if (demand.freedOne() && begun != null && !closed) {
      demand.request(begun);
    }
  }

  private void followCancellations() {
    if (!broker.capabilities().contains(Capability.CANCELLATION)) {
      return;
    }
    try {
      cancelled = cancellations.follow(broker, topic, active::onCancelled);
    } catch (RuntimeException failure) {
      log.warn("topic={} cancellations are not heard of", topic, failure);
    }
  }
}
