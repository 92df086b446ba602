package dev.leat.micrometer;

import dev.leat.Problem;
import dev.leat.Telemetry;
import dev.leat.Topic;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.time.InstantSource;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What workers count and measure, by topic, group and type of message; and how late event loops
 * are. Any thread.
 *
 * <p>Hot path: the meters of a type are made once, and looked up once for each attempt. Types that
 * no handler takes are one, or strangers could make them without end.
 */
public final class WorkerMetrics implements Telemetry {
  /** No type that a handler could have. */
  private static final String NO_HANDLER = "(none)";

  /** Connections of this process that were opened so far, whoever measures them. */
  private static final AtomicInteger CONNECTIONS = new AtomicInteger();

  /** From what is there at once to what nobody waits for any longer. */
  private static final Duration[] BUCKETS = {
    Duration.ofMillis(1),
    Duration.ofMillis(2),
    Duration.ofMillis(5),
    Duration.ofMillis(10),
    Duration.ofMillis(25),
    Duration.ofMillis(50),
    Duration.ofMillis(100),
    Duration.ofMillis(250),
    Duration.ofMillis(500),
    Duration.ofSeconds(1),
    Duration.ofMillis(2_500),
    Duration.ofSeconds(5),
    Duration.ofSeconds(10)
  };

  private record Kind(Topic topic, String group, String type) {}

  private final MeterRegistry registry;
  private final InstantSource clock;
  private final Map<Kind, Meters> kinds = new ConcurrentHashMap<>();

  /** Kept, so that it is not made anew for each attempt. */
  private final Function<Kind, Meters> making = this::meters;

  /** Measures into a registry. */
  public WorkerMetrics(MeterRegistry registry) {
    this(registry, InstantSource.system());
  }

  WorkerMetrics(MeterRegistry registry, InstantSource clock) {
    this.registry = registry;
    this.clock = clock;
  }

  /** The meters of one kind of message. */
  private static final class Meters {
    final Timer waiting;
    final Timer handled;
    final Timer failed;
    final Counter first;
    final Counter again;
    final AtomicInteger inFlight = new AtomicInteger();
    final Map<Outcome, Counter> outcomes = new EnumMap<>(Outcome.class);

    Meters(MeterRegistry registry, Tags tags) {
      waiting =
          timer(
              registry,
              "leat.worker.waiting",
              "Time from when the stream took a message until its first attempt began",
              tags);
      handled =
          timer(
              registry, "leat.worker.handler", "Time in the handler", tags.and("failed", "false"));
      failed =
          timer(registry, "leat.worker.handler", "Time in the handler", tags.and("failed", "true"));
      first = attempts(registry, tags.and("attempt", "first"));
      again = attempts(registry, tags.and("attempt", "again"));
      Gauge.builder("leat.worker.in.flight", inFlight::get)
          .description("Messages that handlers are at")
          .tags(tags)
          .strongReference(true)
          .register(registry);
      for (Outcome outcome : Outcome.values()) {
        outcomes.put(
            outcome,
            Counter.builder("leat.worker.outcomes")
                .description("Messages by how they ended")
                .tags(tags.and("outcome", outcome.name().toLowerCase(Locale.ROOT)))
                .register(registry));
      }
    }

    private static Counter attempts(MeterRegistry registry, Tags tags) {
      return Counter.builder("leat.worker.attempts")
          .description("Times that a handler was begun")
          .tags(tags)
          .register(registry);
    }

    private static Timer timer(MeterRegistry registry, String name, String description, Tags tags) {
      return Timer.builder(name)
          .description(description)
          .tags(tags)
          .serviceLevelObjectives(BUCKETS)
          .register(registry);
    }
  }

  @Override
  public Runnable connected(Executor loop) {
    LoopLag lag = new LoopLag(loop, registry.config().clock()::monotonicTime);
    Gauge gauge =
        Gauge.builder("leat.loop.lag", lag::seconds)
            .description("How late the event loop of a connection takes up what it is given")
            .baseUnit("seconds")
            .tag("connection", Integer.toString(CONNECTIONS.incrementAndGet()))
            .strongReference(true)
            .register(registry);
    return () -> registry.remove(gauge);
  }

  @Override
  public Handled handling(Work work) {
    Meters meters = kinds.computeIfAbsent(kind(work, work.message().type()), making);
    if (work.attempt() == 1) {
      meters.first.increment();
      meters.waiting.record(
          Math.max(0, clock.millis() - work.acceptedAt().toEpochMilli()), TimeUnit.MILLISECONDS);
    } else {
      meters.again.increment();
    }
    meters.inFlight.incrementAndGet();
    return new Measured(meters, registry.config().clock().monotonicTime());
  }

  private final class Measured implements Handled {
    private final Meters meters;
    private final long began;

    Measured(Meters meters, long began) {
      this.meters = meters;
      this.began = began;
    }

    @Override
    public void ended(@Nullable Problem problem, @Nullable Throwable cause) {
      meters.inFlight.decrementAndGet();
      (problem == null || problem.status() < 500 ? meters.handled : meters.failed)
          .record(registry.config().clock().monotonicTime() - began, TimeUnit.NANOSECONDS);
    }
  }

  @Override
  public void ended(Work work, Outcome outcome) {
    String type = work.isHandled() ? work.message().type() : NO_HANDLER;
    Meters meters = kinds.computeIfAbsent(kind(work, type), making);
    Counter counter = meters.outcomes.get(outcome);
    if (counter != null) {
      counter.increment();
    }
  }

  private static Kind kind(Work work, String type) {
    return new Kind(work.topic(), work.group(), type);
  }

  private Meters meters(Kind kind) {
    return new Meters(
        registry,
        Tags.of("topic", kind.topic().toString(), "group", kind.group(), "type", kind.type()));
  }
}
