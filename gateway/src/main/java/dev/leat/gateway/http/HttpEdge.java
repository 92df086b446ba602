package dev.leat.gateway.http;

import dev.leat.Problem;
import dev.leat.broker.EventLoop;
import dev.leat.caller.PendingCalls;
import dev.leat.gateway.route.Match;
import dev.leat.gateway.route.RouteTable;
import io.vertx.core.Handler;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import java.util.Set;
import java.util.TreeSet;

/** Takes the HTTP requests of one event loop. Confined to it. */
public final class HttpEdge implements Handler<HttpServerRequest> {
  /** What {@code OPTIONS *}, which asks after no path, is told. */
  private static final Set<String> WHOLE_SERVER =
      new TreeSet<>(Set.of("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"));

  private final RouteTable routes;
  private final PendingCalls calls;
  private final EventLoop loop;

  /** An edge whose calls live on the same loop. */
  public HttpEdge(RouteTable routes, PendingCalls calls, EventLoop loop) {
    this.routes = routes;
    this.calls = calls;
    this.loop = loop;
  }

  @Override
  public void handle(HttpServerRequest request) {
    String id = calls.nextId();
    Responder responder = new Responder(request, id);
    String path = request.path();
    boolean options = request.method().equals(HttpMethod.OPTIONS);
    if (path == null) {
      responder.problem(Problem.of(400, "Bad request", "the request's target cannot be read"));
      return;
    }
    switch (routes.match(request.method().name(), path)) {
      case Match.Found found -> new Exchange(request, responder, id, found, calls, loop).begin();
      case Match.WrongMethod wrong -> wrongMethod(responder, path, wrong.allowed(), options);
      case Match.Malformed malformed ->
          responder.problem(Problem.of(400, "Bad request", "the path cannot be decoded"));
      case Match.Unknown unknown -> unknown(responder, path, options);
    }
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
