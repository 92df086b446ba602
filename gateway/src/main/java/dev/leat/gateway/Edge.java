package dev.leat.gateway;

import dev.leat.Leat;
import dev.leat.MessageId;
import dev.leat.caller.PendingCalls;
import dev.leat.caller.SharedReplies;
import dev.leat.gateway.admission.Admission;
import dev.leat.gateway.http.ClientLimits;
import dev.leat.gateway.http.HttpEdge;
import dev.leat.gateway.http.RateLimits;
import dev.leat.gateway.http.RequestListener;
import dev.leat.gateway.route.Route;
import dev.leat.gateway.route.RouteTable;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.http.ClientAuth;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.net.PemTrustOptions;
import io.vertx.core.net.SocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What one event loop does. Held by the gateway, and with it the servers and the lane. */
final class Edge extends VerticleBase {
  /** Bytes of a body that are taken at a time, as many as are read at a time. */
  private static final int CHUNK = 1 << 16;

  /** Seconds of a connection without a byte; more than the longest that a route may wait. */
  private static final int SILENCE = (int) Route.LONGEST_TIMEOUT.plusMinutes(1).toSeconds();

  /** Times as many streams as a client may cancel may be reset, whoever does it. */
  private static final int RESETS = 100;

  /** Milliseconds; a patience that is longer has no end. */
  private static final long LONGEST = Duration.ofDays(365).toMillis();

  /** Milliseconds in which whoever waits in vain is told so. */
  private static final long LAST_WORDS = 1_000;

  /** Requests that one connection of HTTP/2 may have under way: a proxy sends all over a few. */
  private static final int STREAMS = 1_000;

  /** Milliseconds after which no connection is taken any more. */
  private static final long DOOR_CLOSING = 100;

  private final Leat leat;
  private final Supplier<RouteTable> routes;
  private final List<Listener> listeners;
  private final Map<Listener, Proof> proofs;
  private final ClientLimits limits;
  private final RateLimits rates;
  private final Admission admission;
  private final RequestListener listener;
  private final boolean compression;
  private final SharedReplies shared;
  private final List<HttpServer> servers = new ArrayList<>();
  private volatile @Nullable PendingCalls calls;
  private @Nullable HttpEdge http;
  private Runnable disconnected = () -> {};

  Edge(
      Leat leat,
      Supplier<RouteTable> routes,
      List<Listener> listeners,
      Map<Listener, Proof> proofs,
      ClientLimits limits,
      RateLimits rates,
      Admission admission,
      RequestListener listener,
      boolean compression,
      SharedReplies shared) {
    this.leat = leat;
    this.routes = routes;
    this.listeners = listeners;
    this.proofs = new ConcurrentHashMap<>(proofs);
    this.limits = limits;
    this.rates = rates;
    this.admission = admission;
    this.listener = listener;
    this.compression = compression;
    this.shared = shared;
  }

  @Override
  public Future<?> start() {
    VertxLoop own = new VertxLoop(vertx, context);
    PendingCalls pending =
        new PendingCalls(
            leat.broker(),
            own,
            MessageId.secure(own.clock()),
            leat.nextLane(),
            leat.instance(),
            leat.telemetry());
    disconnected = leat.telemetry().connected(own);
    shared.handTo(own, pending);
    HttpEdge edge =
        new HttpEdge(vertx, routes, pending, own, limits, rates, admission, listener, compression);
    calls = pending;
    http = edge;
    List<Future<HttpServer>> listening = new ArrayList<>();
    for (int i = 0; i < listeners.size(); i++) {
      HttpServer server =
          vertx
              .createHttpServer(options(listeners.get(i)))
              .connectionHandler(edge::opened)
              .invalidRequestHandler(edge::invalid)
              .requestHandler(edge);
      servers.add(server);
      listening.add(server.listen(address(i, listeners.get(i))));
    }
    // A verticle that could not start is not told to stop.
    return Future.all(listening).onFailure(refused -> stop());
  }

  @Override
  public Future<?> stop() {
    if (http != null) {
      http.close();
    }
    PendingCalls begun = calls;
    if (begun != null) {
      shared.forget(begun);
      begun.close();
    }
    disconnected.run();
    return Future.succeededFuture();
  }

  /** Runs something on its loop; call once it has started. */
  Executor loop() {
    return task -> context.runOnContext(turn -> task.run());
  }

  List<Integer> ports() {
    return servers.stream().map(HttpServer::actualPort).toList();
  }

  /**
   * Takes no more connections, sends clients away as they are answered, and ends after them; those
   * that still wait when the patience is over are told so.
   */
  Future<?> shutdown(Duration patience) {
    HttpEdge edge = http;
    PendingCalls begun = calls;
    if (edge != null && begun != null) {
      context.runOnContext(
          turn -> {
            // Whoever is sent away comes back at once, and must find the door shut, not closing.
            vertx.setTimer(DOOR_CLOSING, closed -> edge.sendAway());
            vertx.setTimer(Math.clamp(patience.toMillis(), 1, LONGEST), over -> begun.close());
          });
    }
    return Future.join(
        servers.stream()
            .map(server -> server.shutdown(patience.toMillis() + LAST_WORDS, TimeUnit.MILLISECONDS))
            .toList());
  }

  /** A shutdown's patience is over now. */
  void hasten() {
    PendingCalls begun = calls;
    if (begun != null) {
      context.runOnContext(turn -> begun.close());
    }
  }

  /** Proves itself otherwise at a listener, to connections that are still to come. */
  Future<?> renew(Listener listener, Proof proof) {
    proofs.put(listener, proof);
    return servers
        .get(listeners.indexOf(listener))
        .updateSSLOptions(options(listener).getSslOptions(), true);
  }

  int inFlight() {
    PendingCalls begun = calls;
    return begun == null ? 0 : begun.size();
  }

  long lateReplies() {
    PendingCalls begun = calls;
    return begun == null ? 0 : begun.lateReplies();
  }

  private HttpServerOptions options(Listener listener) {
    HttpServerOptions options =
        new HttpServerOptions()
            // Nothing is upgraded to a WebSocket yet, so no response has to be looked at for that.
            .setPerMessageWebSocketCompressionSupported(false)
            .setPerFrameWebSocketCompressionSupported(false)
            .setHttp2ClearTextEnabled(listener.http2())
            // By far more than clients that are measured by what was answered get to.
            .setHttp2RstFloodMaxRstFramePerWindow(RESETS * limits.cancelled())
            .setCompressionSupported(compression)
            .setMaxHeaderSize(limits.headerBytes())
            .setMaxChunkSize(CHUNK)
            // Responses are written on the loop alone, and need no queue to get there.
            .setStrictThreadMode(true)
            // Whoever connects and never says a byte is not a client yet that could be watched.
            // Of reading alone: a timeout of writing too would listen to the end of each write.
            .setIdleTimeoutUnit(TimeUnit.SECONDS)
            .setReadIdleTimeout(SILENCE);
    options
        .getInitialSettings()
        .setMaxHeaderListSize(limits.headerBytes())
        .setMaxConcurrentStreams(STREAMS);
    Optional.ofNullable(proofs.get(listener))
        .ifPresent(
            proof ->
                options
                    .setSsl(true)
                    .setUseAlpn(listener.http2())
                    .setKeyCertOptions(proof.options()));
    listener.tls().ifPresent(tls -> secure(options, tls));
    return options;
  }

  private static void secure(HttpServerOptions options, Tls tls) {
    options.setEnabledSecureTransportProtocols(new LinkedHashSet<>(tls.protocols()));
    tls.ciphers().forEach(options::addEnabledCipherSuite);
    tls.clientAuthority()
        .ifPresent(
            authority ->
                options
                    .setClientAuth(ClientAuth.REQUIRED)
                    .setTrustOptions(new PemTrustOptions().addCertPath(authority.toString())));
  }

  /** Loops that ask for any port must be given the same one, but each listener its own. */
  private static SocketAddress address(int index, Listener listener) {
    return listener.port() == 0
        ? SocketAddress.sharedRandomPort(index + 1, listener.host())
        : SocketAddress.inetSocketAddress(listener.port(), listener.host());
  }
}
