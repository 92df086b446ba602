package dev.leat.gateway;

import dev.leat.BadConfiguration;
import dev.leat.Durations;
import dev.leat.Leat;
import dev.leat.LeatException;
import dev.leat.Retention;
import dev.leat.StreamRef;
import dev.leat.broker.TopicRetentions;
import dev.leat.caller.SharedReplies;
import dev.leat.gateway.admission.Admission;
import dev.leat.gateway.admission.Connections;
import dev.leat.gateway.admission.MemoryBudget;
import dev.leat.gateway.http.ClientLimits;
import dev.leat.gateway.http.RateLimits;
import dev.leat.gateway.http.RequestListener;
import dev.leat.gateway.ops.Management;
import dev.leat.gateway.ops.OperationsAccess;
import dev.leat.gateway.route.ReplyMode;
import dev.leat.gateway.route.Route;
import dev.leat.gateway.route.RouteTable;
import io.netty.channel.unix.Errors.NativeIoException;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.ext.web.Router;
import java.net.BindException;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.nio.channels.UnresolvedAddressException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
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

  /** How long requests under way may take to end when the gateway closes, unless said otherwise. */
  public static final Duration DEFAULT_DRAIN = Duration.ofSeconds(10);

  /** Time after its drain in which a gateway has ended, whatever its loops do. */
  private static final Duration LAST_WORDS = Duration.ofSeconds(5);

  /** Bytes that a gateway must be able to hold. */
  public static final long LEAST_BUFFER_LIMIT = MemoryBudget.LARGE;

  /** Requests that may wait for their replies at a time, unless said otherwise. */
  public static final int DEFAULT_IN_FLIGHT_LIMIT = 50_000;

  private final Leat leat;
  private final List<Route> routes = new ArrayList<>();
  private final RateLimits rates = new RateLimits();
  private final SharedReplies shared;
  private final Presence presence;
  private final TopicRetentions retentions;
  private final AtomicBoolean closed = new AtomicBoolean();
  private final List<Mounted> mounted = new CopyOnWriteArrayList<>();

  /**
   * Half of the cores: workers, or the broker, need theirs. At least two: what arrives while one is
   * busy goes on together, and while others are at work on that the second has something to do.
   */
  private int eventLoops = Math.max(2, Runtime.getRuntime().availableProcessors() / 2);

  private @Nullable Vertx vertx;
  private ClientLimits clientLimits = ClientLimits.DEFAULT;
  private int inFlightLimit = DEFAULT_IN_FLIGHT_LIMIT;
  private long bufferLimit = MemoryBudget.ofHeap();
  private Admission admission;
  private Duration drain = DEFAULT_DRAIN;
  private boolean compression;
  private @Nullable Management management;
  private Optional<Listener> managedAt = Optional.empty();
  private OperationsAccess access = OperationsAccess.LOCAL;
  private int managementPort;
  private volatile RouteTable table = new RouteTable(List.of());
  private Certificates certificates = Certificates.NONE;
  private List<Listener> listeners = List.of();
  private List<Edge> edges = List.of();
  private List<Integer> ports = List.of();

  private LeatGateway(Leat leat) {
    this.leat = leat;
    this.admission = admission();
    this.retentions = new TopicRetentions(leat.broker(), leat.loop());
    this.shared = new SharedReplies(leat.broker(), leat.loop());
    this.presence = new Presence(leat, () -> table.routes());
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

  /** Adds routes. */
  public LeatGateway routes(Collection<Route> more) {
    routes.addAll(more);
    return this;
  }

  /**
   * Has what is completed of a topic, with the replies and failed attempts of that, or its dead
   * letters, kept for another time than the broker's URL says, from now on. It is kept so until
   * somebody says another, also when this gateway is gone.
   *
   * @throws dev.leat.Unsupported if the broker keeps all topics alike
   */
  public LeatGateway keep(StreamRef.OfTopic stream, Retention retention) {
    retentions.say(stream, retention);
    return this;
  }

  /** Uses another number of event loops than half of the cores or two, at least 1. */
  public LeatGateway eventLoops(int number) {
    if (number < 1) {
      throw new IllegalArgumentException("event loops must be at least 1, were " + number);
    }
    eventLoops = number;
    return this;
  }

  /**
   * Has responses compressed for clients that take it. Off unless asked for: it costs more time
   * than it saves within a data centre, and tells secrets where a client's words are in the answer.
   */
  public LeatGateway compression(boolean on) {
    compression = on;
    return this;
  }

  /** Who may ask the operations API at the management address; only this machine, if not said. */
  public LeatGateway operatedBy(OperationsAccess allowed) {
    access = allowed;
    return this;
  }

  /**
   * Answers health and metrics at an address of their own, once the gateway listens; see {@link
   * Management}. Without it nothing is measured.
   */
  public LeatGateway manageAt(String host, int managePort) {
    managedAt = Optional.of(Listener.plain(host, managePort));
    return this;
  }

  /** Lets another number of requests wait for their replies at a time; more are answered 503. */
  public LeatGateway inFlightLimit(int requests) {
    inFlightLimit = requests;
    admission = admission();
    return this;
  }

  /**
   * Lets another number of bytes wait here than a quarter of the heap: of bodies until the broker
   * has them, of replies until their clients have taken them. What comes beyond that is answered
   * 503.
   */
  public LeatGateway bufferLimit(long bytes) {
    bufferLimit = bytes;
    admission = admission();
    return this;
  }

  private Admission admission() {
    return new Admission(
        leat.broker(), leat.loop(), inFlightLimit, new MemoryBudget(bufferLimit), connections());
  }

  private Connections connections() {
    int all = clientLimits.connections() == 0 ? OpenFiles.room() : clientLimits.connections();
    int ofAddress =
        clientLimits.connectionsOfAddress() == 0
            ? Math.max(1, all / 2)
            : clientLimits.connectionsOfAddress();
    return new Connections(all, ofAddress);
  }

  /** Gives requests under way another time to end when it closes. */
  public LeatGateway drain(Duration patience) {
    drain = Durations.bounded(patience);
    return this;
  }

  /** Gives clients other limits than {@link ClientLimits#DEFAULT}. */
  public LeatGateway clientLimits(ClientLimits limits) {
    clientLimits = limits;
    admission = admission();
    return this;
  }

  /**
   * Starts to listen at one plain address; returns when requests are taken.
   *
   * @param listenPort 0 for any that is free; {@link #port} says which
   * @throws BadConfiguration if the port cannot be had
   * @throws dev.leat.Unsupported if a route wants what the broker does not offer
   * @throws IllegalArgumentException if two routes take the same requests
   */
  public LeatGateway listen(String host, int listenPort) {
    return listen(List.of(Listener.plain(host, listenPort)));
  }

  /**
   * The same at several addresses, which may speak TLS. HTTP/1.1 and HTTP/2 are spoken at each; the
   * files of certificates are read again when they change.
   *
   * <p>Where it throws nothing listens, and it may be tried again.
   *
   * @throws BadConfiguration if a port or a certificate cannot be had
   */
  public LeatGateway listen(List<Listener> addresses) {
    if (closed.get()) {
      throw new IllegalStateException("the gateway is closed");
    }
    if (vertx != null) {
      throw new IllegalStateException("the gateway listens already");
    }
    if (addresses.isEmpty()) {
      throw new IllegalArgumentException("a gateway listens at one address at least");
    }
    RouteTable candidate = tableOf(routes);
    Vertx started =
        Vertx.builder()
            .with(ManagementPort.options(eventLoops))
            .withTransport(
                LimitedTransport.of(admission.connections(), clientLimits.firstRequest()))
            .build();
    vertx = started;
    listeners = List.copyOf(addresses);
    edges = new ArrayList<>();
    RequestListener listener = managed();
    try {
      Map<Listener, Proof> proofs = proofs(started);
      await(take(candidate, routes));
      for (int i = 0; i < eventLoops; i++) {
        Edge edge =
            new Edge(
                leat,
                this::table,
                listeners,
                proofs,
                clientLimits,
                rates,
                admission,
                listener,
                compression,
                shared);
        edges.add(edge);
        started.deployVerticle(edge).toCompletionStage().toCompletableFuture().join();
      }
      ports = edges.getFirst().ports();
      manage();
    } catch (CompletionException failure) {
      RuntimeException explained = explained(failure);
      undo(started);
      throw explained;
    } catch (RuntimeException failure) {
      undo(started);
      throw failure;
    }
    admission.start(() -> table.topics());
    presence.announce();
    certificates = Certificates.watch(started, listeners, this::renew);
    log.info("gateway addresses={} ports={} routes={} listening", hosts(), ports, routes.size());
    return this;
  }

  /**
   * Takes other routes, at once and for all requests that come from now on; those under way end as
   * they began. If they cannot be taken, the old ones stay.
   *
   * @throws dev.leat.Unsupported if a route wants what the broker does not offer
   * @throws IllegalArgumentException if two routes take the same requests
   */
  public void reload(Collection<Route> others) {
    await(take(tableOf(others), others));
    log.info("gateway ports={} routes={} reloaded", ports, others.size());
  }

  /**
   * Serves the routes beside others of a Vert.x router; what none of them takes goes on to the
   * router's next. Call on the event loop that the router works on, once for each of its routers,
   * and before a handler that reads bodies is added. A route's path is the whole one that the
   * client wrote; {@link ClientLimits} are the server's own affair.
   *
   * @param owner of the loop
   * @return completed once requests may come
   * @throws IllegalStateException if this thread is no event loop of the owner's
   */
  public Future<Void> mountOn(Router router, Vertx owner) {
    Context context = Vertx.currentContext();
    if (context == null || !context.owner().equals(owner) || !context.isEventLoopContext()) {
      throw new IllegalStateException("mount a gateway on the event loop that its router works on");
    }
    Mounted place =
        new Mounted(
            leat, new VertxLoop(owner, context), owner, this::table, rates, admission, shared);
    mounted.add(place);
    admission.start(() -> table.topics());
    router.route().handler(place);
    presence.announce();
    return Future.fromCompletionStage(take(tableOf(routes), routes), context);
  }

  /** The port that is listened on, the first of several; 0 before. */
  public int port() {
    return ports.isEmpty() ? 0 : ports.getFirst();
  }

  /** The port that health and metrics are answered at; 0 where they are not. */
  public int managementPort() {
    return managementPort;
  }

  /** The ports that are listened on, in the order of their listeners. */
  public List<Integer> ports() {
    return ports;
  }

  /** Requests that wait for their reply, over all event loops. */
  public int inFlight() {
    return edges.stream().mapToInt(Edge::inFlight).sum()
        + mounted.stream().mapToInt(Mounted::inFlight).sum();
  }

  /**
   * Takes no more connections, waits for requests under way, then ends; meanwhile it is live, but
   * not ready. Blocks up to ten seconds; harmless when repeated.
   */
  @Override
  public void close() {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    presence.close();
    retentions.close();
    Vertx closing = vertx;
    vertx = null;
    if (management != null) {
      management.drain();
    }
    certificates.close();
    List<Future<?>> draining = new ArrayList<>();
    edges.forEach(edge -> draining.add(edge.shutdown(drain)));
    mounted.forEach(place -> draining.add(place.drained(drain)));
    try {
      Future.join(draining)
          .transform(ended -> end(closing))
          .toCompletionStage()
          .toCompletableFuture()
          .orTimeout(Durations.bounded(drain.plus(LAST_WORDS)).toMillis(), TimeUnit.MILLISECONDS)
          .join();
    } catch (CompletionException stuck) {
      log.warn("gateway ports={} does not end: an event loop stands still", ports, stuck);
    }
    edges = List.of();
  }

  /**
   * Has a {@link #close} that waits for replies wait no longer: who still waits for one is answered
   * 503. Without effect before. Does not block.
   */
  public void hasten() {
    if (closed.get()) {
      edges.forEach(Edge::hasten);
      mounted.forEach(Mounted::close);
    }
  }

  private Future<Void> end(@Nullable Vertx closing) {
    mounted.forEach(Mounted::close);
    mounted.clear();
    shared.close();
    admission.close();
    if (management != null) {
      management.close();
    }
    if (closing == null) {
      return Future.succeededFuture();
    }
    log.info("gateway ports={} closed", ports);
    return closing.close();
  }

  /** What was begun in order to listen ends, and it may be tried again elsewhere. */
  private void undo(Vertx started) {
    if (management != null) {
      management.close();
      management = null;
    }
    started.close().toCompletionStage().toCompletableFuture().join();
    vertx = null;
    edges = List.of();
    ports = List.of();
  }

  private RequestListener managed() {
    if (managedAt.isEmpty()) {
      return RequestListener.NONE;
    }
    Management made = new Management(leat.broker(), () -> table.topics(), access);
    management = made;
    return made.metrics();
  }

  /** On a loop and with connections of its own: it is to answer while the others do not. */
  private void manage() {
    if (management != null) {
      management.metrics().watch(this::inFlight, this::lateReplies);
      management.metrics().watchMemory(admission.memory()::used, bufferLimit);
      management.metrics().watchConnections(admission.connections()::open);
      Listener at = managedAt.orElseThrow();
      managementPort =
          ManagementPort.listen(management, at, edges.stream().map(Edge::loop).toList());
    }
  }

  private long lateReplies() {
    return edges.stream().mapToLong(Edge::lateReplies).sum();
  }

  private RouteTable table() {
    return table;
  }

  private RouteTable tableOf(Collection<Route> candidates) {
    return new RouteTable(
        candidates.stream().map(route -> RouteNeeds.of(route).metBy(leat.broker())).toList());
  }

  /** Replies must be listened to before the first request that they answer. */
  private CompletionStage<Void> take(RouteTable candidate, Collection<Route> from) {
    return shared
        .listen(
            from.stream()
                .filter(route -> route.reply() == ReplyMode.SHARED)
                .collect(Collectors.toMap(Route::topic, Route::sharedLimit, Math::max)))
        .thenRun(() -> table = candidate);
  }

  private static void await(CompletionStage<Void> taken) {
    try {
      taken.toCompletableFuture().join();
    } catch (CompletionException failure) {
      throw failure.getCause() instanceof LeatException known ? known : failure;
    }
  }

  private Map<Listener, Proof> proofs(Vertx started) {
    Map<Listener, Proof> proofs = new HashMap<>();
    for (Listener listener : listeners) {
      listener.tls().ifPresent(tls -> proofs.put(listener, Proof.read(started, tls)));
    }
    return proofs;
  }

  private Future<?> renew(Listener listener, Proof proof) {
    return Future.join(edges.stream().map(edge -> edge.renew(listener, proof)).toList());
  }

  private RuntimeException explained(CompletionException failure) {
    Throwable cause = failure.getCause();
    if (cause == null) {
      return failure;
    }
    // The native transport has no word of its own for an address that cannot be bound.
    if (cause instanceof BindException || cause instanceof NativeIoException) {
      return new BadConfiguration(
          "%s cannot be listened on, something else may be there; name another address"
              .formatted(hosts()),
          cause);
    }
    if (cause instanceof SocketException
        || cause instanceof UnknownHostException
        || cause instanceof UnresolvedAddressException) {
      return new BadConfiguration(
          "%s cannot be listened on: name an address of this machine".formatted(hosts()), cause);
    }
    if (cause instanceof LeatException known) {
      return known;
    }
    if (listeners.stream().anyMatch(listener -> listener.tls().isPresent())) {
      return new BadConfiguration("the certificate or its key cannot be used", cause);
    }
    return cause instanceof RuntimeException known ? known : failure;
  }

  private String hosts() {
    return listeners.stream()
        .map(listener -> listener.host() + ":" + listener.port())
        .collect(Collectors.joining(", "));
  }
}
