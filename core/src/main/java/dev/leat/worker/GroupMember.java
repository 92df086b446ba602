package dev.leat.worker;

import dev.leat.BadConfiguration;
import dev.leat.Headers;
import dev.leat.LeatException;
import dev.leat.Position;
import dev.leat.Topic;
import dev.leat.WorkerEvent;
import dev.leat.broker.Broker;
import dev.leat.broker.Delivery;
import dev.leat.broker.DeliveryListener;
import dev.leat.broker.Entry;
import dev.leat.broker.EventLoop;
import dev.leat.broker.Membership;
import dev.leat.broker.Subscription;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
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

  /** How late a handler is stopped whose time is over, at most. */
  private static final Duration CHECK_PAUSE = Duration.ofMillis(50);

  /** Milliseconds; a name that is taken is one that several have been given, who all go on. */
  private static final int NAME_PAUSE = 50;

  private final Broker broker;
  private final EventLoop loop;
  private final Supplier<Membership> names;
  private final Topic topic;
  private final int concurrency;
  private final Duration drain;
  private final Cancellations cancellations = new Cancellations();
  private final Function<Membership, MemberContext> contexts;
  private final Consumer<WorkerEvent> listener;

  /** As what it is a member now. */
  private volatile MemberContext context;

  private final DeliveryCounters tally;
  private final Set<DeliveryTask> active = ConcurrentHashMap.newKeySet();

  // Every place for a handler is at work, asked for, or neither; so there are always as many.
  private final AtomicInteger free;
  private final AtomicInteger requested = new AtomicInteger();
  private final CompletableFuture<Void> joined = new CompletableFuture<>();
  private final RandomGenerator random;
  private final AtomicLong pause = new AtomicLong(FIRST_PAUSE);
  private volatile @Nullable Subscription subscription;
  private final AtomicInteger heard = new AtomicInteger();
  private volatile @Nullable Subscription cancelled;
  private volatile EventLoop.@Nullable Timer extending;
  private volatile EventLoop.@Nullable Timer checking;
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
      RandomGenerator random,
      Consumer<WorkerEvent> listener) {
    this.broker = broker;
    this.loop = loop;
    this.names = names;
    this.concurrency = settings.concurrency();
    this.free = new AtomicInteger(concurrency);
    this.drain = settings.drain();
    this.tally = tally;
    this.random = random;
    this.contexts =
        membership ->
            new MemberContext(
                broker,
                membership,
                loop,
                bindings,
                new Colleagues(broker, membership, loop.clock()),
                cancellations,
                tally,
                random);
    this.context = contexts.apply(names.get());
    this.topic = context.topic();
    this.listener = listener;
  }

  void start() {
    extendLater();
    checkTimeLater();
    followCancellations();
    join();
    log.info(
        "worker topic={} group={} member={} started",
        topic,
        membership().group(),
        membership().member());
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
    awaitEnds(until, () -> hastened);
    over = true;
    int givenBack = active.size();
    active.forEach(this::giveBack);
    awaitEnds(loop.clock().instant().plus(FAREWELL), () -> false);
    if (begun != null) {
      begun.close();
    }
    Subscription following = cancelled;
    if (following != null) {
      following.close();
    }
    cancel(extending);
    cancel(checking);
    log.info(
        "worker topic={} group={} member={} closed {}",
        topic,
        membership().group(),
        membership().member(),
        tally);
    tellLast(new WorkerEvent.Drained(topic, membership().member(), givenBack));
  }

  /** A drain that waits for handlers waits no longer. */
  void hasten() {
    if (closed) {
      hastened = true;
      synchronized (active) {
        active.notifyAll();
      }
    }
  }

  private void giveBack(DeliveryTask work) {
    log.warn("message={} given back unfinished", work.id());
    work.abandon(DeliveryTask.Stop.GIVEN_BACK);
  }

  @Override
  public void onDeliveries(List<Delivery> batch) {
    pause.set(FIRST_PAUSE);
    requested.addAndGet(-batch.size());
    List<DeliveryTask> works =
        batch.stream()
            .map(one -> new DeliveryTask(context, one, this::askForMore, this::ended))
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
      free.addAndGet(works.size());
      crash(failure, this::joinLater);
    }
  }

  @Override
  public Set<String> types() {
    return context.bindings().types();
  }

  @Override
  public void onConnected() {
    later(
        () -> {
          tell(new WorkerEvent.Connected(topic, membership().member()));
          joined.complete(null);
        });
  }

  @Override
  public void onLost() {
    tellLater(new WorkerEvent.Lost(topic, membership().member()));
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
      request(begun);
      if (closed) {
        begun.close();
      }
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
    free.addAndGet(requested.getAndSet(0));
    then.accept(cause);
  }

  /** Starts again, later and later as long as nothing comes of it. */
  private void joinLater(Throwable cause) {
    Duration wait = Duration.ofMillis(pause.getAndUpdate(ms -> Math.min(2 * ms, LONGEST_PAUSE)));
    String what =
        "topic=%s group=%s member=%s".formatted(topic, membership().group(), membership().member());
    if (cause instanceof BadConfiguration) {
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
    tellLater(new WorkerEvent.Crashed(topic, membership().member(), cause, wait));
    loop.schedule(
        wait,
        () -> {
          if (!closed) {
            context = contexts.apply(names.get());
            join();
          }
        });
  }

  /** On the loop: what a listener does is not to hold up the broker that told this. */
  private void tellLater(WorkerEvent event) {
    later(() -> tell(event));
  }

  private void later(Runnable action) {
    try {
      loop.execute(action);
    } catch (RejectedExecutionException ended) {
      action.run();
    }
  }

  /** The last one comes after all others, and is told by the time that this returns. */
  private void tellLast(WorkerEvent event) {
    if (loop.inLoop()) {
      tell(event);
      return;
    }
    CompletableFuture<Void> told = new CompletableFuture<>();
    later(
        () -> {
          tell(event);
          told.complete(null);
        });
    await(told, loop.clock().instant().plus(FAREWELL));
  }

  /** A listener that throws is its own affair. */
  private void tell(WorkerEvent event) {
    try {
      listener.accept(event);
    } catch (RuntimeException failure) {
      log.warn("event={} listener failed", event, failure);
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

  /** Waits until all that it had is ended, and the broker has said so; or until it is to stop. */
  private void awaitEnds(Instant until, BooleanSupplier stop) {
    try {
      synchronized (active) {
        long left = Duration.between(loop.clock().instant(), until).toMillis();
        while (!active.isEmpty() && left > 0 && !stop.getAsBoolean()) {
          active.wait(left);
          left = Duration.between(loop.clock().instant(), until).toMillis();
        }
      }
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** The broker knows how it ended. */
  private void ended(DeliveryTask work) {
    active.remove(work);
    if (closed) {
      synchronized (active) {
        active.notifyAll();
      }
    }
  }

  /**
   * A handler is done: there is room for another. In portions, since each is a call to the broker;
   * never so large that handlers run dry.
   */
  private void askForMore() {
    int portion = Math.max(1, concurrency / 8);
    Subscription begun = subscription;
    if (free.incrementAndGet() >= portion && begun != null && !closed) {
      request(begun);
    }
  }

  private void request(Subscription begun) {
    // Below 0 where what an ended subscription still brought had been given back already.
    int owed = Math.min(0, requested.getAndUpdate(count -> Math.max(0, count)));
    int more = free.getAndSet(0) + owed;
    if (more > 0) {
      requested.addAndGet(more);
      begun.request(more);
    } else {
      free.addAndGet(more);
    }
  }

  private void extendLater() {
    // Three times a lease, so that one late turn of the loop costs no message its holder.
    extending = loop.schedule(membership().lease().dividedBy(3), this::extendAll);
  }

  private void extendAll() {
    for (DeliveryTask work : active) {
      work.extend();
    }
    if (!over) {
      extendLater();
    }
  }

  /** From the start of what is left: much may have been given up while no worker was there. */
  private void followCancellations() {
    try {
      Subscription begun = broker.tail(topic.cancelled(), Position.START, this::onCancelled);
      begun.request(Integer.MAX_VALUE);
      cancelled = begun;
    } catch (RuntimeException failure) {
      log.warn("topic={} cancellations are not heard of", topic, failure);
    }
  }

  private void onCancelled(List<Entry> batch) {
    for (Entry entry : batch) {
      String id = entry.message().id();
      // First remembered, then looked for: one that begins meanwhile sees it, or is seen.
      cancellations.add(id, entry.at(), entry.message().headers().get(Headers.ENTRY).orElse(""));
      active.stream()
          .filter(work -> work.id().equals(id) && work.isCancelled())
          .forEach(work -> work.stop(DeliveryTask.Stop.CANCELLED));
    }
    if (heard.addAndGet(batch.size()) >= Cancellations.MOST) {
      heard.set(0);
      var unused = broker.trim(topic.cancelled(), Cancellations.MOST);
    }
  }

  private void checkTimeLater() {
    checking = loop.schedule(CHECK_PAUSE, this::checkTime);
  }

  /** One timer for all that is under way costs less than one for each. */
  private void checkTime() {
    long now = loop.clock().millis();
    for (DeliveryTask work : active) {
      work.checkTime(now);
    }
    if (!over) {
      checkTimeLater();
    }
  }

  private static void cancel(EventLoop.@Nullable Timer timer) {
    if (timer != null) {
      timer.cancel();
    }
  }
}
