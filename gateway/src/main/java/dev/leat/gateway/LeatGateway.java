package dev.leat.gateway;

import dev.leat.BadConfiguration;
import dev.leat.BrokerUnavailable;
import dev.leat.Dialect;
import dev.leat.Leat;
import dev.leat.broker.Capability;
import dev.leat.caller.PendingCalls;
import dev.leat.caller.SharedReplies;
import dev.leat.gateway.http.HttpEdge;
import dev.leat.gateway.route.ReplyMode;
import dev.leat.gateway.route.Route;
import dev.leat.gateway.route.RouteTable;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.file.FileSystemOptions;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.net.SocketAddress;
import java.net.BindException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Turns HTTP requests into messages and replies into responses. Set up by one thread, then started
 * once.
 *
 * <pre>{@code
 * LeatGateway gateway = LeatGateway.on(leat)
 *     .route(Route.get("/users/{id}", "users", "user.get"))
 *     .listen("127.0.0.1", 8080);
 * }</pre>
 */
public final class LeatGateway implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(LeatGateway.class);

  /** How long requests under way may take to end when the gateway closes. */
  private static final Duration DRAIN = Duration.ofSeconds(10);

  private final Leat leat;
  private final List<Route> routes = new ArrayList<>();

  /**
   * Half of the cores: workers, or the broker, need theirs. One serves the embedded broker best.
   */
  private int eventLoops = Math.max(1, Runtime.getRuntime().availableProcessors() / 2);

  private @Nullable Vertx vertx;
  private @Nullable SharedReplies shared;
  private List<Edge> edges = List.of();
  private int port;

  private LeatGateway(Leat leat) {
    this.leat = leat;
  }

  /** A gateway to a broker; it is closed before the connection is. */
  public static LeatGateway on(Leat leat) {
    return new LeatGateway(leat);
  }

  /** Adds a route. */
  public LeatGateway route(Route route) {
    routes.add(route);
    return this;
  }

  /** Uses another number of event loops than half of the cores, at least 1. */
  public LeatGateway eventLoops(int number) {
    if (number < 1) {
      throw new IllegalArgumentException("event loops must be at least 1, were " + number);
    }
    eventLoops = number;
    return this;
  }

  /**
   * Starts to listen; returns when requests are taken.
   *
   * @param listenPort 0 for any that is free; {@link #port} says which
   * @throws BadConfiguration if the port cannot be had
   * @throws dev.leat.Unsupported if a route wants what the broker does not offer
   * @throws IllegalArgumentException if two routes take the same requests
   */
  public LeatGateway listen(String host, int listenPort) {
    if (vertx != null) {
      throw new IllegalStateException("the gateway listens already");
    }
    RouteTable table = new RouteTable(routes);
    if (routes.stream().anyMatch(route -> route.dialect() == Dialect.NAMED)) {
      leat.broker().require(Capability.NAMED_DIALECT);
    }
    Vertx started = Vertx.vertx(options());
    vertx = started;
    SocketAddress address =
        listenPort == 0
            ? SocketAddress.sharedRandomPort(1, host)
            : SocketAddress.inetSocketAddress(listenPort, host);
    edges = new ArrayList<>();
    try {
      SharedReplies replies = listenToShared(started);
      for (int i = 0; i < eventLoops; i++) {
        Edge edge = new Edge(leat, table, address, replies);
        started.deployVerticle(edge).toCompletionStage().toCompletableFuture().join();
        port = edge.port();
        edges.add(edge);
      }
    } catch (CompletionException failure) {
      close();
      throw explained(failure, host, listenPort);
    } catch (BrokerUnavailable silent) {
      close();
      throw silent;
    }
    log.info("gateway host={} port={} routes={} listening", host, port, routes.size());
    return this;
  }

  /** The port that is listened on; 0 before. */
  public int port() {
    return port;
  }

  /** Requests that wait for their reply, over all event loops. Blocks for a moment. */
  public int inFlight() {
    return edges.stream().mapToInt(Edge::inFlight).sum();
  }

  /**
   * Takes no more connections, waits for requests under way, then ends. Blocks up to ten seconds;
   * harmless when repeated.
   */
  @Override
  public void close() {
    Vertx closing = vertx;
    if (closing == null) {
      return;
    }
    Future.join(edges.stream().map(Edge::shutdown).toList())
        .transform(ended -> closing.close())
        .toCompletionStage()
        .toCompletableFuture()
        .join();
    if (shared != null) {
      shared.close();
    }
    vertx = null;
    edges = List.of();
    log.info("gateway port={} closed", port);
  }

  private SharedReplies listenToShared(Vertx started) {
    SharedReplies replies =
        new SharedReplies(leat.broker(), new VertxLoop(started, started.getOrCreateContext()));
    shared = replies;
    replies.listen(
        routes.stream()
            .filter(route -> route.reply() == ReplyMode.SHARED)
            .map(Route::topic)
            .collect(Collectors.toSet()));
    return replies;
  }

  private VertxOptions options() {
    return new VertxOptions()
        .setEventLoopPoolSize(eventLoops)
        .setFileSystemOptions(
            new FileSystemOptions()
                .setFileCachingEnabled(false)
                .setClassPathResolvingEnabled(false));
  }

  private static RuntimeException explained(CompletionException failure, String host, int port) {
    Throwable cause = failure.getCause();
    if (cause instanceof BindException) {
      return new BadConfiguration(
          "port %d of %s cannot be had, something else may listen there; name another"
              .formatted(port, host),
          cause);
    }
    return cause instanceof RuntimeException known ? known : failure;
  }

  /** What one event loop does. Held by the gateway, and with it the server and the lane. */
  private static final class Edge extends VerticleBase {
    private final Leat leat;
    private final RouteTable routes;
    private final SocketAddress address;
    private final SharedReplies shared;
    private @Nullable HttpServer server;
    private @Nullable PendingCalls calls;
    private @Nullable VertxLoop loop;

    Edge(Leat leat, RouteTable routes, SocketAddress address, SharedReplies shared) {
      this.leat = leat;
      this.routes = routes;
      this.address = address;
      this.shared = shared;
    }

    @Override
    public Future<?> start() {
      VertxLoop own = new VertxLoop(vertx, context);
      PendingCalls pending =
          new PendingCalls(leat.broker(), own, leat.ids(), leat.nextReplyStream(), leat.instance());
      shared.handTo(own, pending);
      HttpServer listening =
          vertx
              .createHttpServer(new HttpServerOptions().setHttp2ClearTextEnabled(false))
              .requestHandler(new HttpEdge(routes, pending, own));
      loop = own;
      calls = pending;
      server = listening;
      return listening.listen(address);
    }

    @Override
    public Future<?> stop() {
      if (calls != null) {
        calls.close();
      }
      return Future.succeededFuture();
    }

    int port() {
      return Objects.requireNonNull(server, "an edge that has not started").actualPort();
    }

    Future<?> shutdown() {
      return server == null
          ? Future.succeededFuture()
          : server.shutdown(DRAIN.toMillis(), TimeUnit.MILLISECONDS);
    }

    int inFlight() {
      PendingCalls pending = Objects.requireNonNull(calls, "an edge that has not started");
      VertxLoop own = Objects.requireNonNull(loop, "an edge that has not started");
      return CompletableFuture.supplyAsync(pending::size, own).join();
    }
  }
}
