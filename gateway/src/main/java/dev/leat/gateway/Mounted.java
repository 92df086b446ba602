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
import dev.leat.gateway.route.Match;
import dev.leat.gateway.route.RouteTable;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.ext.web.RoutingContext;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The routes as one handler of somebody else's router. Confined to its loop. */
final class Mounted implements Handler<RoutingContext>, AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Mounted.class);

  private final Supplier<RouteTable> routes;
  private final VertxLoop loop;
  private final PendingCalls calls;
  private final HttpEdge http;

  Mounted(
      Leat leat,
      VertxLoop loop,
      Vertx vertx,
      Supplier<RouteTable> routes,
      RateLimits rates,
      Admission admission) {
    this.routes = routes;
    this.loop = loop;
    this.calls =
        new PendingCalls(
            leat.broker(),
            loop,
            MessageId.secure(loop.clock()),
            leat.nextReplyStream(),
            leat.instance());
    this.http =
        new HttpEdge(
            vertx,
            routes,
            calls,
            loop,
            ClientLimits.DEFAULT,
            rates,
            admission,
            RequestListener.NONE);
  }

  void takeFrom(SharedReplies shared) {
    shared.handTo(loop, calls);
  }

  @Override
  public void handle(RoutingContext context) {
    String path = context.request().path();
    String method = context.request().method().name();
    if (path == null || routes.get().match(method, path) instanceof Match.Unknown) {
      context.next();
    } else {
      http.handle(context.request());
    }
  }

  int inFlight() {
    return CompletableFuture.supplyAsync(calls::size, loop).join();
  }

  /** Harmless from another thread, and when the loop has ended. */
  @Override
  public void close() {
    try {
      loop.execute(
          () -> {
            http.close();
            calls.close();
          });
    } catch (RejectedExecutionException ended) {
      log.debug("the loop of a mounted gateway ended before it", ended);
    }
  }
}
