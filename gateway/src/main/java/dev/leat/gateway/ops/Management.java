package dev.leat.gateway.ops;

import dev.leat.Topic;
import dev.leat.broker.Broker;
import dev.leat.gateway.http.FirstBytes;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.config.MeterFilter;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Health and metrics over HTTP, at an address of their own: {@code /health/live}, {@code
 * /health/ready}, {@code /metrics}, and the operations API below {@code /api/}. Any thread.
 */
public final class Management implements AutoCloseable {
  /** The format of Prometheus, version 0.0.4. */
  private static final String TEXT = "text/plain; version=0.0.4; charset=utf-8";

  /** Seconds; whoever asks whether we are ready asks again soon. */
  private static final long PATIENCE = 2;

  /** Bytes of a body that are read, and not looked at. */
  private static final int MOST_BODY = 1 << 16;

  /** Milliseconds between two questions to the event loops. */
  private static final long TURN = 1_000;

  /** Seconds after which a connection is closed on which nothing is said. */
  private static final int IDLE = 60;

  private final OperationsHandler operations;
  private final Broker broker;
  private final Supplier<Collection<Topic>> topics;
  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final PrometheusMeterRegistry ofWorkers =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final Metrics metrics;
  private final TopicGauges gauges;
  private final ReentrantLock reading = new ReentrantLock();

  /** Watched from the first time that somebody asks: to begin takes a tenth of a second. */
  private @Nullable JvmGcMetrics garbage;

  private @Nullable Vertx own;
  private volatile @Nullable LoopWatch watch;
  private volatile boolean draining;

  /**
   * Listens nowhere yet.
   *
   * @param topics that the gateway sends to now
   * @param access who may ask the operations API
   */
  public Management(Broker broker, Supplier<Collection<Topic>> topics, OperationsAccess access) {
    this.operations = new OperationsHandler(broker, access);
    this.broker = broker;
    this.topics = topics;
    this.metrics = new Metrics(registry);
    // What workers of this process measure is to be seen here too; what else it does, is not ours.
    ofWorkers
        .config()
        .meterFilter(
            MeterFilter.denyUnless(
                id ->
                    id.getName().startsWith("leat.worker.")
                        || id.getName().startsWith("leat.loop.")));
    io.micrometer.core.instrument.Metrics.addRegistry(ofWorkers);
    this.gauges = new TopicGauges(broker, registry);
  }

  /** What requests are measured by. */
  public Metrics metrics() {
    return metrics;
  }

  /**
   * Starts to listen; the result is the port.
   *
   * @param vertx its own, which it closes: it answers while others stand still
   * @param loops that it is not live without
   */
  public Future<Integer> listen(Vertx vertx, String host, int port, List<Executor> loops) {
    own = vertx;
    LoopWatch watching = new LoopWatch(loops);
    watch = watching;
    vertx.setPeriodic(TURN, turn -> watching.turn());
    HttpServer listening =
        vertx
            .createHttpServer(new HttpServerOptions().setIdleTimeout(IDLE))
            .connectionHandler(FirstBytes::opened)
            .requestHandler(this::handle);
    return listening.listen(port, host).map(HttpServer::actualPort);
  }

  /** Not ready any more: what is under way is finished, and nothing else wanted. */
  public void drain() {
    draining = true;
  }

  @Override
  public void close() {
    if (own != null) {
      own.close();
    }
    if (garbage != null) {
      garbage.close();
    }
    operations.close();
    io.micrometer.core.instrument.Metrics.removeRegistry(ofWorkers);
    ofWorkers.close();
    registry.close();
  }

  private void handle(HttpServerRequest request) {
    refuseLongBodies(request);
    HttpServerResponse response = request.response();
    String path = request.path();
    if (path != null && path.startsWith("/api/")) {
      operations.handle(request, path);
      return;
    }
    if (!request.method().equals(HttpMethod.GET) && !request.method().equals(HttpMethod.HEAD)) {
      response.setStatusCode(405).putHeader("allow", "GET, HEAD").end();
      return;
    }
    switch (path == null ? "" : path) {
      case "/health/live" -> live(response);
      case "/health/ready" -> ready(response);
      case "/metrics" -> metrics(response);
      default -> answer(response, 404, "{\"title\":\"Not found\",\"status\":404}");
    }
  }

  /** Nothing here takes a body: whoever sends on and on is not read on and on. */
  private static void refuseLongBodies(HttpServerRequest request) {
    int[] read = new int[1];
    request.handler(
        part -> {
          read[0] += part.length();
          if (read[0] > MOST_BODY) {
            var unused = request.connection().close();
          }
        });
  }

  /** Live while its event loops go on: one that does not is not mended but by a new start. */
  private void live(HttpServerResponse response) {
    LoopWatch watching = watch;
    if (watching != null && watching.isStuck()) {
      answer(response, 503, "{\"status\":\"stuck\"}");
    } else {
      answer(response, 200, "{\"status\":\"up\"}");
    }
  }

  /** Ready while the broker answers. */
  private void ready(HttpServerResponse response) {
    if (draining) {
      answer(response, 503, "{\"status\":\"draining\"}");
      return;
    }
    CompletableFuture<?> asked =
        broker.ping().toCompletableFuture().orTimeout(PATIENCE, TimeUnit.SECONDS);
    Future.fromCompletionStage(asked)
        .onSuccess(there -> answer(response, 200, "{\"status\":\"up\",\"broker\":\"up\"}"))
        .onFailure(gone -> answer(response, 503, "{\"status\":\"down\",\"broker\":\"down\"}"));
  }

  /** Reading asks the broker and the loops, and so may not be done on one of them. */
  private void metrics(HttpServerResponse response) {
    Thread.startVirtualThread(
        () -> {
          String text;
          reading.lock();
          try {
            watchProcess();
            gauges.read(topics.get());
            text = registry.scrape() + ofWorkers.scrape();
          } finally {
            reading.unlock();
          }
          response.putHeader("content-type", TEXT).end(text);
        });
  }

  private void watchProcess() {
    if (garbage == null) {
      garbage = new JvmGcMetrics();
      garbage.bindTo(registry);
      new JvmMemoryMetrics().bindTo(registry);
      new JvmThreadMetrics().bindTo(registry);
      new ProcessorMetrics().bindTo(registry);
    }
  }

  private static void answer(HttpServerResponse response, int status, String json) {
    response
        .setStatusCode(status)
        .putHeader("content-type", "application/json")
        .putHeader("cache-control", "no-store")
        .end(json);
  }
}
