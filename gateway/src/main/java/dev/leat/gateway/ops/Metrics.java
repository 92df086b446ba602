package dev.leat.gateway.ops;

import dev.leat.Headers;
import dev.leat.Message;
import dev.leat.gateway.http.Ending;
import dev.leat.gateway.http.RequestListener;
import dev.leat.gateway.route.Route;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.IntSupplier;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What a gateway counts and measures. Any thread.
 *
 * <p>Hot path: the meters of a route are looked up once for each request, and made once.
 */
public final class Metrics implements RequestListener {
  private static final String NO_ROUTE = "none";

  /** From a reply within one process to what nobody waits for any longer. */
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

  private record Seen(Ending ending, int status) {}

  /** The meters of one route. */
  private static final class Meters {
    final Map<Seen, Timer> ended = new ConcurrentHashMap<>();

    /** Kept, so that it is not made anew for each request. */
    final Function<Seen, Timer> making;

    final Timer inHandler;
    final Timer inStream;
    final Counter redelivered;

    Meters(MeterRegistry registry, String route) {
      this.making = seen -> requests(registry, route, seen);
      this.inHandler = timer(registry, "leat.gateway.handler", "Time in the handler", route);
      this.inStream =
          timer(registry, "leat.gateway.stream", "Time on the way to the handler and back", route);
      this.redelivered =
          Counter.builder("leat.gateway.redelivered")
              .description("Replies to messages that were handed over more than once")
              .tag("route", route)
              .register(registry);
    }

    private static Timer timer(
        MeterRegistry registry, String name, String description, String route) {
      return Timer.builder(name)
          .description(description)
          .tag("route", route)
          .serviceLevelObjectives(BUCKETS)
          .register(registry);
    }
  }

  private final MeterRegistry registry;
  private final Map<Route, Meters> routes = new ConcurrentHashMap<>();
  private final Meters noRoute;

  /** Kept, so that it is not made anew for each request. */
  private final Function<Route, Meters> making = this::meters;

  /** What is asked when metrics are read: counters hold it weakly, and nobody else does. */
  private final List<Object> watched = new CopyOnWriteArrayList<>();

  /** Measures into a registry. */
  public Metrics(MeterRegistry registry) {
    this.registry = registry;
    this.noRoute = new Meters(registry, NO_ROUTE);
  }

  /**
   * Shows what is asked for when metrics are read.
   *
   * @param inFlight requests that wait for their reply
   * @param lateReplies replies that nobody waited for any more, so far
   */
  public void watch(IntSupplier inFlight, LongSupplier lateReplies) {
    Gauge.builder("leat.gateway.in.flight", inFlight::getAsInt)
        .description("Requests that wait for their reply")
        .strongReference(true)
        .register(registry);
    watched.add(lateReplies);
    FunctionCounter.builder(
            "leat.gateway.late.replies", lateReplies, replies -> replies.getAsLong())
        .description("Replies that came when nobody waited any more, or twice")
        .register(registry);
  }

  /**
   * Shows how many clients are connected.
   *
   * @param open asked when metrics are read
   */
  public void watchConnections(IntSupplier open) {
    Gauge.builder("leat.gateway.connections", open::getAsInt)
        .description("Connections of clients that are open")
        .strongReference(true)
        .register(registry);
  }

  /**
   * Shows what waits in memory, in bytes.
   *
   * @param used asked when metrics are read
   */
  public void watchMemory(LongSupplier used, long limit) {
    Gauge.builder("leat.gateway.buffered", used::getAsLong)
        .baseUnit("bytes")
        .description("Bytes of bodies and replies that wait in the gateway")
        .strongReference(true)
        .register(registry);
    Gauge.builder("leat.gateway.buffer.limit", () -> limit)
        .baseUnit("bytes")
        .description("Bytes of bodies and replies that may wait in the gateway")
        .strongReference(true)
        .register(registry);
  }

  @Override
  public long now() {
    return registry.config().clock().monotonicTime();
  }

  @Override
  public void ended(
      @Nullable Route route, Ending ending, int status, long began, @Nullable Message reply) {
    long took = now() - began;
    Meters meters = route == null ? noRoute : routes.computeIfAbsent(route, making);
    meters
        .ended
        .computeIfAbsent(new Seen(ending, status), meters.making)
        .record(took, TimeUnit.NANOSECONDS);
    if (reply != null) {
      OptionalLong micros = number(reply, Headers.TOOK);
      if (micros.isPresent()) {
        long handler = Math.min(took, TimeUnit.MICROSECONDS.toNanos(micros.getAsLong()));
        meters.inHandler.record(handler, TimeUnit.NANOSECONDS);
        meters.inStream.record(took - handler, TimeUnit.NANOSECONDS);
      }
      if (reply.headers().has(Headers.ATTEMPT)) {
        meters.redelivered.increment();
      }
    }
  }

  private Meters meters(Route route) {
    return new Meters(registry, route.method() + " " + route.path());
  }

  private static Timer requests(MeterRegistry registry, String route, Seen seen) {
    return Timer.builder("leat.gateway.requests")
        .description("Requests from their headers to the end of their response")
        .tag("route", route)
        .tag("outcome", seen.ending().word())
        .tag("status", seen.status() == 0 ? NO_ROUTE : Integer.toString(seen.status()))
        .serviceLevelObjectives(BUCKETS)
        .register(registry);
  }

  /** Empty where it is missing, or none. */
  private static OptionalLong number(Message reply, String header) {
    try {
      long number = Long.parseLong(reply.headers().get(header).orElse("-1"));
      return number < 0 ? OptionalLong.empty() : OptionalLong.of(number);
    } catch (NumberFormatException somebodyElsesHeader) {
      return OptionalLong.empty();
    }
  }
}
