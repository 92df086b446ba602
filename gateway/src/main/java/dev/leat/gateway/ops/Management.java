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
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.net.HostAndPort;
import io.vertx.core.net.SocketAddress;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Health and metrics over HTTP, at an address of their own: {@code /health/live}, {@code
 * /health/ready}, {@code /metrics}, and the operations API below {@code /api/}. Any thread.
 */
public final class Management implements AutoCloseable {
  private static final String OPEN_API = openApi();

  /** Questions to the operations API that are answered at a time: each may read much. */
  private static final int MOST_ASKED = 4;

  /** Who may follow what changes at a time. */
  private static final int MOST_FOLLOWING = 8;

  /** The format of Prometheus, version 0.0.4. */
  private static final String TEXT = "text/plain; version=0.0.4; charset=utf-8";

  /** Seconds; whoever asks whether we are ready asks again soon. */
  private static final long PATIENCE = 2;

  /** Milliseconds between two questions to the event loops. */
  private static final long TURN = 1_000;

  /** Seconds after which a connection is closed on which nothing is said. */
  private static final int IDLE = 60;

  private final OperationsAccess access;
  private final OperationsApi operations;
  private final Broker broker;
  private final Supplier<Collection<Topic>> topics;
  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final PrometheusMeterRegistry ofWorkers =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final Metrics metrics;
  private final TopicGauges gauges;
  private final ReentrantLock reading = new ReentrantLock();
  private final AtomicInteger asked = new AtomicInteger();
  private final AtomicInteger following = new AtomicInteger();

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
    this.access = access;
    this.operations = new OperationsApi(broker, access.hidden());
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
    HttpServerResponse response = request.response();
    String path = request.path();
    boolean isWritten =
        request.method().equals(HttpMethod.POST) && path != null && path.startsWith("/api/");
    if (!isWritten
        && !request.method().equals(HttpMethod.GET)
        && !request.method().equals(HttpMethod.HEAD)) {
      response.setStatusCode(405).putHeader("allow", "GET, HEAD").end();
      return;
    }
    if (path != null && path.startsWith("/api/")) {
      operate(request, path);
      return;
    }
    switch (path == null ? "" : path) {
      case "/health/live" -> live(response);
      case "/health/ready" -> ready(response);
      case "/metrics" -> metrics(response);
      default -> answer(response, 404, "{\"title\":\"Not found\",\"status\":404}");
    }
  }

  /** Blocks until the broker has answered, and so may not be done on a loop. */
  private void operate(HttpServerRequest request, String path) {
    HttpServerResponse response = request.response();
    boolean isKnown = access.isBy(request.getHeader(HttpHeaders.AUTHORIZATION));
    boolean writes = request.method().equals(HttpMethod.POST);
    if (!isKnown && (writes || !isLocal(request))) {
      response.putHeader("www-authenticate", "Bearer");
      answer(
          response,
          OperationsApi.problem(
              401,
              "Unauthorized",
              access.token().isPresent()
                  ? "it takes the token of LEAT_MANAGEMENT_TOKEN, as a Bearer"
                  : "only this machine may read; LEAT_MANAGEMENT_TOKEN sets a token for all else"));
      return;
    }
    if (path.equals("/api/openapi.json")) {
      answer(response, 200, OPEN_API);
      return;
    }
    if (path.equals("/api/changes")) {
      follow(request);
      return;
    }
    Map<String, String> parameters = new LinkedHashMap<>();
    request.params().forEach(one -> parameters.put(one.getKey(), one.getValue()));
    if (asked.incrementAndGet() > MOST_ASKED) {
      asked.decrementAndGet();
      answer(
          response,
          OperationsApi.problem(503, "Busy", "others are asking much already; try again later"));
      return;
    }
    Thread.startVirtualThread(
        () -> {
          try {
            answer(response, operations.answer(request.method().name(), path, parameters));
          } finally {
            asked.decrementAndGet();
          }
        });
  }

  /** Tells each second how it stands, until whoever listens goes. */
  private void follow(HttpServerRequest request) {
    HttpServerResponse response = request.response();
    Vertx vertx = own;
    if (vertx == null || following.incrementAndGet() > MOST_FOLLOWING) {
      following.decrementAndGet();
      answer(
          response, OperationsApi.problem(503, "Busy", "others follow already; try again later"));
      return;
    }
    String topic = request.getParam("topic");
    Map<String, String> asked = topic == null ? Map.of() : Map.of("topic", topic);
    response
        .setChunked(true)
        .putHeader("content-type", "text/event-stream")
        .putHeader("cache-control", "no-store");
    AtomicBoolean looking = new AtomicBoolean();
    Runnable look =
        () -> {
          // Whoever reads slowly, or a broker that is slow, misses some.
          if (response.writeQueueFull() || !looking.compareAndSet(false, true)) {
            return;
          }
          Thread.startVirtualThread(
              () -> {
                try {
                  String said =
                      event("census", operations.answer("GET", "/api/census", asked))
                          + event("jobs", operations.answer("GET", "/api/jobs", Map.of()));
                  if (!response.closed() && !response.ended()) {
                    response.write(said);
                  }
                } finally {
                  looking.set(false);
                }
              });
        };
    long timer = vertx.setPeriodic(1, TURN, turn -> look.run());
    AtomicBoolean gone = new AtomicBoolean();
    response.closeHandler(
        closed -> {
          if (gone.compareAndSet(false, true)) {
            boolean unused = vertx.cancelTimer(timer);
            following.decrementAndGet();
          }
        });
  }

  private static String event(String name, OperationsApi.Answer answer) {
    return "event: %s\ndata: %s\n\n"
        .formatted(answer.status() < 400 ? name : "problem", answer.body());
  }

  private static boolean isLocal(HttpServerRequest request) {
    SocketAddress from = request.remoteAddress();
    HostAndPort asked = request.authority();
    return from != null
        && asked != null
        && OperationsAccess.isLocal(from.hostAddress(), asked.host());
  }

  private static void answer(HttpServerResponse response, OperationsApi.Answer answer) {
    if (response.closed()) {
      return;
    }
    response
        .setStatusCode(answer.status())
        .putHeader(
            "content-type", answer.status() < 400 ? "application/json" : "application/problem+json")
        .putHeader("cache-control", "no-store")
        .end(answer.body());
  }

  private static String openApi() {
    try (InputStream in = Management.class.getResourceAsStream("openapi.json")) {
      return new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
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
