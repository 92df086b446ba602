package dev.leat.gateway.http;

import dev.leat.Problem;
import dev.leat.Telemetry;
import dev.leat.broker.EventLoop;
import dev.leat.caller.PendingCalls;
import dev.leat.caller.ReplyFaults;
import dev.leat.gateway.admission.Admission;
import dev.leat.gateway.route.Cors;
import dev.leat.gateway.route.Match;
import dev.leat.gateway.route.Percent;
import dev.leat.gateway.route.Route;
import dev.leat.gateway.route.RouteTable;
import io.vertx.core.AsyncResult;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Takes the HTTP requests of one event loop. Confined to it. */
public final class HttpEdge implements Handler<HttpServerRequest>, AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(HttpEdge.class);

  /** What {@code OPTIONS *}, which asks after no path, is told. */
  private static final Set<String> WHOLE_SERVER =
      new TreeSet<>(Set.of("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"));

  private final Supplier<RouteTable> routes;
  private final PendingCalls calls;
  private final EventLoop loop;
  private final Clients clients;
  private final CrossOrigin crossOrigin;
  private final RateLimits rates;
  private final Admission admission;
  private final RequestListener listener;
  private final boolean compression;
  private final HttpDate date;
  private final ReplyFaults faults;
  private boolean sendingAway;

  /**
   * An edge whose calls live on the same loop. Call on that loop.
   *
   * @param routes asked for each request, so that they may be others from one to the next
   * @param compression whether the server compresses responses for clients that take it
   */
  public HttpEdge(
      Vertx vertx,
      Supplier<RouteTable> routes,
      PendingCalls calls,
      EventLoop loop,
      ClientLimits limits,
      RateLimits rates,
      Admission admission,
      RequestListener listener,
      boolean compression) {
    this.listener = listener;
    this.faults = new ReplyFaults(loop.clock());
    this.compression = compression;
    this.date = new HttpDate(loop.wallClock());
    this.crossOrigin = new CrossOrigin(vertx);
    this.rates = rates;
    this.admission = admission;
    this.routes = routes;
    this.calls = calls;
    this.loop = loop;
    this.clients =
        new Clients(loop, limits, admission.memory(), () -> admission.connections().isCrowded());
  }

  /**
   * Sends clients away, each with the response to its next request: who is told so by the response
   * sends nothing more that would be lost. Call on the loop.
   */
  public void sendAway() {
    sendingAway = true;
  }

  /** A client has connected; from now on it is watched. */
  public void opened(HttpConnection connection) {
    FirstBytes.opened(connection);
    clients.opened(connection);
    IdleConnectionDrain.watch(connection);
    BrokenBodies.watch(connection);
  }

  @Override
  public void close() {
    clients.close();
  }

  @Override
  public void handle(HttpServerRequest request) {
    Clients.Client client = clients.of(request.connection());
    if (Clients.hasToWait(request, client, () -> goOn(request))) {
      request.pause();
    } else if (Clients.began(client)) {
      Responder responder = responder(request, client);
      tellOfEnd(request, responder);
      if (Invalid.isUpgraded(request)) {
        refuse(request, responder, Invalid.upgrade());
        request.connection().shutdown();
      } else {
        handle(request, responder);
      }
    }
  }

  private void goOn(HttpServerRequest request) {
    request.resume();
    handle(request);
  }

  /**
   * The same for one of a server that is somebody else's, who has handlers of his own on the
   * response.
   *
   * @param onEnd takes what is to hear that the response has ended, or failed since its client went
   */
  public void handle(HttpServerRequest request, Consumer<Handler<AsyncResult<Void>>> onEnd) {
    Responder responder = responder(request, null);
    onEnd.accept(
        end -> {
          if (end.succeeded()) {
            ended(responder);
          } else {
            gone(responder);
          }
        });
    handle(request, responder);
  }

  private Responder responder(HttpServerRequest request, Clients.@Nullable Client client) {
    return new Responder(
        request,
        client,
        calls.nextId(),
        listener.now(),
        served(request),
        compression,
        date,
        faults,
        clients,
        admission.memory());
  }

  private Telemetry.Served served(HttpServerRequest request) {
    Telemetry telemetry = calls.telemetry();
    if (!telemetry.isOn()) {
      return Telemetry.Served.NONE;
    }
    String path = request.path();
    return telemetry.serving(
        request.method().name(),
        request.isSSL() ? "https" : "http",
        path == null ? "" : path,
        name -> request.getHeader(name));
  }

  private void tellOfEnd(HttpServerRequest request, Responder responder) {
    request.response().endHandler(end -> ended(responder));
    request.response().closeHandler(gone -> gone(responder));
  }

  /** Whatever happens here, the client is answered. */
  private void handle(HttpServerRequest request, Responder responder) {
    try {
      begin(request, responder);
    } catch (RuntimeException | Error failure) {
      clients.ending(request);
      responder.failed(failure);
    }
  }

  private void begin(HttpServerRequest request, Responder responder) {
    if (sendingAway && request.version() != HttpVersion.HTTP_2) {
      request.response().putHeader(HttpHeaders.CONNECTION, HttpHeaders.CLOSE);
    }
    Optional<String> ambiguity = Invalid.ambiguity(request);
    if (ambiguity.isPresent()) {
      refuse(request, responder, Problem.of(400, "Bad request", ambiguity.orElseThrow()));
      return;
    }
    String path = path(request);
    if (path == null) {
      responder.problem(Problem.of(400, "Bad request", "the request's target cannot be read"));
      return;
    }
    Match match = routes.get().match(request.method().name(), path);
    String id = responder.id();
    if (CrossOrigin.isAsked(request)) {
      Optional<Cors> cors = cors(request, path, match);
      if (cors.isPresent() && !CrossOrigin.isAllowed(request, cors.get())) {
        CrossOrigin.vary(request.response());
        responder.problem(Problem.of(403, "Origin not allowed", "pages of it may not ask this"));
        return;
      }
      if (cors.isPresent()) {
        crossOrigin.check(request, cors.get(), () -> go(request, responder, id, path, match));
        return;
      }
    }
    go(request, responder, id, path, match);
  }

  private static @Nullable String path(HttpServerRequest request) {
    String path = request.path();
    try {
      return path == null ? null : Percent.written(path);
    } catch (IllegalArgumentException unreadable) {
      return null;
    }
  }

  /** The client has gone; whether its response had ended before is not always said. */
  private void gone(Responder responder) {
    responder.gone();
    ended(responder);
  }

  private void ended(Responder responder) {
    if (!responder.isFirstEnd()) {
      return;
    }
    HttpServerRequest request = responder.request();
    HttpServerResponse response = request.response();
    clients.ended(request, responder.client(), !response.ended());
    int status = response.ended() ? response.getStatusCode() : 0;
    Ending ending = response.ended() ? responder.ending(status) : Ending.CANCELLED;
    if (log.isDebugEnabled()) {
      log.debug(
          "message={} method={} path={} outcome={} status={}",
          responder.id(),
          request.method(),
          request.path(),
          ending.word(),
          status);
    }
    listener.ended(responder.route(), ending, status, responder.began(), responder.shown());
    responder.served().ended(Optional.ofNullable(responder.route()).map(Route::path), status);
  }

  /** Takes what could not even be decoded. */
  public void invalid(HttpServerRequest request) {
    Clients.Client client = clients.of(request.connection());
    Clients.began(client);
    Responder responder = responder(request, client);
    tellOfEnd(request, responder);
    refuse(request, responder, Invalid.undecodable(request));
  }

  private void go(
      HttpServerRequest request, Responder responder, String id, String path, Match match) {
    boolean options = request.method().equals(HttpMethod.OPTIONS);
    switch (match) {
      case Match.Found found -> take(request, responder, id, path, found);
      case Match.WrongMethod wrong -> wrongMethod(responder, path, wrong.allowed(), options);
      case Match.Malformed malformed ->
          responder.problem(Problem.of(400, "Bad request", "the path cannot be decoded"));
      case Match.Unknown unknown -> unknown(responder, path, options);
    }
  }

  private void take(
      HttpServerRequest request, Responder responder, String id, String path, Match.Found found) {
    responder.takenBy(found.route());
    if (found.route().cors().isPresent()) {
      CrossOrigin.vary(request.response());
    }
    OptionalLong wait = rates.secondsToWait(found.route());
    if (wait.isPresent()) {
      responder.tooMany(wait.getAsLong());
      return;
    }
    new Exchange(request, responder, id, path, found, calls, loop, clients, admission).begin();
  }

  /** What is allowed to other origins by the route that is asked for, or asked about. */
  private Optional<Cors> cors(HttpServerRequest request, String path, Match match) {
    String about = CrossOrigin.askedMethod(request);
    Match meant = about.isEmpty() ? match : routes.get().match(about, path);
    return meant instanceof Match.Found found ? found.route().cors() : Optional.empty();
  }

  private void refuse(HttpServerRequest request, Responder responder, Problem problem) {
    clients.ending(request);
    responder.problemAndClose(problem);
  }

  private static void wrongMethod(
      Responder responder, String path, Set<String> allowed, boolean options) {
    if (options) {
      responder.options(allowed);
    } else {
      responder.allow(allowed);
      String detail = path + " takes " + String.join(", ", allowed);
      responder.problem(Problem.of(405, "Method not allowed", detail));
    }
  }

  private static void unknown(Responder responder, String path, boolean options) {
    if (options && path.equals("*")) {
      responder.options(WHOLE_SERVER);
    } else {
      responder.problem(Problem.of(404, "Not found", "there is no route to " + path));
    }
  }
}
