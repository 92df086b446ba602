package dev.leat.gateway;

import dev.leat.Leat;
import dev.leat.MessageId;
import dev.leat.Problem;
import dev.leat.caller.PendingCalls;
import dev.leat.caller.SharedReplies;
import dev.leat.gateway.admission.Admission;
import dev.leat.gateway.http.ClientLimits;
import dev.leat.gateway.http.HttpEdge;
import dev.leat.gateway.http.RateLimits;
import dev.leat.gateway.http.RequestListener;
import dev.leat.gateway.route.Match;
import dev.leat.gateway.route.RouteTable;
import dev.leat.wire.ProblemReply;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The routes as one handler of somebody else's router. Confined to its loop. */
final class Mounted implements Handler<RoutingContext>, AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Mounted.class);

  private static final Duration LOOK_PAUSE = Duration.ofMillis(10);

  private final SharedReplies shared;
  private final Supplier<RouteTable> routes;
  private final VertxLoop loop;
  private final PendingCalls calls;
  private final HttpEdge http;

  /** Confined to the loop. */
  private boolean draining;

  Mounted(
      Leat leat,
      VertxLoop loop,
      Vertx vertx,
      Supplier<RouteTable> routes,
      RateLimits rates,
      Admission admission,
      SharedReplies shared) {
    this.shared = shared;
    this.routes = routes;
    this.loop = loop;
    this.calls =
        new PendingCalls(
            leat.broker(),
            loop,
            MessageId.secure(loop.clock()),
            leat.nextLane(),
            leat.instance(),
            leat.telemetry());
    this.http =
        new HttpEdge(
            vertx,
            routes,
            calls,
            loop,
            ClientLimits.DEFAULT,
            rates,
            admission,
            RequestListener.NONE,
            false);
    shared.handTo(loop, calls);
  }

  @Override
  public void handle(RoutingContext context) {
    String path = context.request().path();
    String method = context.request().method().name();
    if (path == null || routes.get().match(method, path) instanceof Match.Unknown) {
      context.next();
    } else if (draining) {
      refuse(context.response());
    } else {
      http.handle(context.request(), context::addEndHandler);
    }
  }

  int inFlight() {
    return calls.size();
  }

  /**
   * Takes no more requests; done once those under way have their responses, or after a time. At
   * once where this is the loop itself, which whoever waits would hold up.
   */
  Future<Void> drained(Duration patience) {
    Promise<Void> done = Promise.promise();
    try {
      loop.execute(
          () -> {
            draining = true;
            look(loop.clock().instant().plus(patience), done);
          });
    } catch (RejectedExecutionException ended) {
      done.complete();
    }
    return loop.inLoop() ? Future.succeededFuture() : done.future();
  }

  private void look(Instant until, Promise<Void> done) {
    if (calls.size() == 0 || !loop.clock().instant().isBefore(until)) {
      done.complete();
    } else {
      loop.schedule(LOOK_PAUSE, () -> look(until, done));
    }
  }

  private static void refuse(HttpServerResponse response) {
    Problem problem = Problem.of(503, "Closing", "this gateway takes no more requests");
    response
        .setStatusCode(problem.status())
        .putHeader(HttpHeaders.RETRY_AFTER, "1")
        .putHeader(HttpHeaders.CONTENT_TYPE, ProblemReply.MEDIA_TYPE)
        .end(Buffer.buffer(ProblemReply.payload(problem).bytes()));
  }

  /** Harmless from another thread, and when the loop has ended. */
  @Override
  public void close() {
    shared.forget(calls);
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
