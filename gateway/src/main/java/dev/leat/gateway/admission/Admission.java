package dev.leat.gateway.admission;

import dev.leat.Topic;
import dev.leat.broker.Broker;
import dev.leat.broker.Capability;
import dev.leat.broker.EventLoop;
import dev.leat.broker.GroupHealth;
import dev.leat.broker.StreamHealth;
import dev.leat.gateway.route.ReplyMode;
import dev.leat.gateway.route.Route;
import java.time.Duration;
import java.util.Collection;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongConsumer;
import java.util.function.ObjLongConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes no more requests than each route and the gateway as a whole may have waiting, and none that
 * would not be answered in time: while the topic's stream has a backlog, what waits already and the
 * rate at which it is answered say how long a new one would. Any thread.
 */
public final class Admission implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Admission.class);

  /** Seconds; a place becomes free with any reply. */
  private static final long SOON = 1;

  /**
   * The part of a request's time that what waits before it may take. The rest is for its own
   * handling, and for the estimate to be wrong.
   */
  private static final double SHARE = 0.6;

  /** Between two looks at the streams that requests go to. */
  private static final Duration LOOK_PAUSE = Duration.ofMillis(100);

  /** Bytes of a message besides its body, about. */
  private static final int BESIDES = 300;

  private static final Duration TIDY_PAUSE = Duration.ofSeconds(2);

  private final Broker broker;
  private final EventLoop loop;
  private final int most;
  private final MemoryBudget memory;
  private final Connections connections;
  private final boolean knowsBacklog;

  /** Milliseconds between two looks at a stream, at least. */
  private final long pause;

  private final AtomicInteger all = new AtomicInteger();
  private final Map<Route, AtomicInteger> routes = new ConcurrentHashMap<>();
  private final Map<Topic, TopicLoad> topics = new ConcurrentHashMap<>();
  private final Map<Topic, TopicBacklog> backlogs = new ConcurrentHashMap<>();
  private final TopicReaders readers;
  private EventLoop.@Nullable Timer timer;
  private EventLoop.@Nullable Timer tidying;
  private boolean closed;

  /**
   * Nothing waits yet.
   *
   * @param loop for its timer
   * @param most requests that may wait at a time
   * @param memory that bodies and replies count in
   * @param connections of clients
   */
  public Admission(
      Broker broker, EventLoop loop, int most, MemoryBudget memory, Connections connections) {
    this.memory = memory;
    this.connections = connections;
    this.broker = broker;
    this.loop = loop;
    this.most = most;
    this.readers = new TopicReaders(broker, loop);
    this.knowsBacklog = broker.capabilities().contains(Capability.EXACT_BACKLOG);
    this.pause = broker.limits().healthPause().toMillis();
  }

  /**
   * Begins to look at streams: at how long requests wait where the broker knows it exactly, and at
   * how much those are that nobody waits for. And has them tidied: their workers may be of a kind
   * that does not.
   *
   * @param sentTo asked for the topics that requests go to
   */
  public synchronized void start(Supplier<Collection<Topic>> sentTo) {
    if (timer == null) {
      lookLater();
    }
    if (tidying == null) {
      tidyLater(sentTo);
    }
  }

  private synchronized void tidyLater(Supplier<Collection<Topic>> sentTo) {
    if (!closed) {
      tidying =
          loop.schedule(
              TIDY_PAUSE,
              () -> {
                for (Topic topic : sentTo.get()) {
                  var unused =
                      broker
                          .tidy(topic.incoming())
                          .exceptionally(
                              failure -> {
                                log.debug("topic={} is not tidied", topic, failure);
                                return null;
                              });
                }
                tidyLater(sentTo);
              });
    }
  }

  @Override
  public synchronized void close() {
    closed = true;
    if (timer != null) {
      timer.cancel();
    }
    if (tidying != null) {
      tidying.cancel();
    }
  }

  /** Bytes that wait. */
  public MemoryBudget memory() {
    return memory;
  }

  /** Connections of clients. */
  public Connections connections() {
    return connections;
  }

  /** Whether anybody is there to answer. */
  public TopicReaders readers() {
    return readers;
  }

  /**
   * Seconds after which to try again, if the request cannot be taken; else it counts as waiting,
   * until {@link #ended} is called for it.
   *
   * @param bytes of its body
   */
  public OptionalLong admit(Route route, int bytes) {
    if (route.reply() == ReplyMode.NONE) {
      return mayWait(route, bytes) ? counted(route) : OptionalLong.of(SOON);
    }
    TopicLoad load = topics.computeIfAbsent(route.topic(), topic -> new TopicLoad(pause));
    long timeout = route.timeout().toMillis();
    double excess = load.expectedWait(timeout) - SHARE * timeout;
    if (excess > 0) {
      return OptionalLong.of(secondsToWait(excess));
    }
    OptionalLong refused = counted(route);
    if (refused.isEmpty()) {
      load.appended();
    }
    return refused;
  }

  /** Counts it as waiting unless too many do. */
  private OptionalLong counted(Route route) {
    AtomicInteger own = routes.computeIfAbsent(route, one -> new AtomicInteger());
    if (all.incrementAndGet() <= most) {
      if (own.incrementAndGet() <= route.inFlightLimit()) {
        return OptionalLong.empty();
      }
      own.decrementAndGet();
    }
    all.decrementAndGet();
    return OptionalLong.of(SOON);
  }

  /** What nobody waits for may wait in its stream, which others have to have room in too. */
  private boolean mayWait(Route route, int bytes) {
    return backlogs
        .computeIfAbsent(route.topic(), topic -> new TopicBacklog(pause))
        .takes(bytes + BESIDES, route.backlogLimit());
  }

  /**
   * Whole seconds in which so many milliseconds have passed: who comes earlier is refused again.
   */
  static long secondsToWait(double millis) {
    return Math.max(SOON, (long) Math.ceil(millis / 1_000));
  }

  /**
   * A request that was admitted waits no more.
   *
   * @param answered whether it got a reply
   */
  public void ended(Route route, boolean answered) {
    all.decrementAndGet();
    AtomicInteger own = routes.get(route);
    if (own != null) {
      own.decrementAndGet();
    }
    TopicLoad load = topics.get(route.topic());
    if (load != null && route.reply() != ReplyMode.NONE) {
      load.ended(answered);
    }
  }

  private void look() {
    if (knowsBacklog) {
      lookAtLoads();
    }
    backlogs.forEach(
        (topic, backlog) -> {
          if (backlog.isToBeLookedAt(loop.clock().millis())) {
            ask(topic, backlog::looked, backlog::lookedInVain);
          }
        });
    lookLater();
  }

  private void lookAtLoads() {
    topics.forEach(
        (topic, load) -> {
          if (load.isToBeLookedAt(loop.clock().millis())) {
            ask(topic, (health, now) -> load.looked(now, backlog(health)), load::lookedInVain);
          }
        });
  }

  private void ask(Topic topic, ObjLongConsumer<StreamHealth> looked, LongConsumer inVain) {
    var unused =
        broker
            .health(topic.incoming())
            .whenComplete(
                (health, failure) -> {
                  long now = loop.clock().millis();
                  if (failure == null) {
                    looked.accept(health, now);
                  } else {
                    inVain.accept(now);
                  }
                });
  }

  /** Of those groups that answer, the one that is ahead: others may have been left behind. */
  private static long backlog(StreamHealth health) {
    return health.groups().stream()
        .filter(GroupHealth::answers)
        .mapToLong(group -> group.backlog().orElse(0))
        .min()
        .orElse(0);
  }

  private synchronized void lookLater() {
    if (!closed) {
      timer = loop.schedule(LOOK_PAUSE, this::look);
    }
  }
}
