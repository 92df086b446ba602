package dev.leat.examples;

import dev.leat.gateway.LeatGateway;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.ext.web.Router;

/** A Vert.x application that serves a gateway's routes beside its own. */
public final class Shop extends VerticleBase {
  private final LeatGateway gateway;

  /** Held, since a server that nobody holds is closed. */
  private final HttpServer server;

  /** A shop with the routes of a gateway that listens nowhere itself. */
  public Shop(LeatGateway gateway, Vertx vertx) {
    this.gateway = gateway;
    this.server = vertx.createHttpServer();
  }

  @Override
  public Future<?> start() {
    // snippet mount
    Router router = Router.router(vertx);
    router.get("/own").handler(context -> context.end("the shop's own"));
    Future<Void> mounted = gateway.mountOn(router, vertx);
    // end
    server.requestHandler(router);
    return mounted.compose(ready -> server.listen(0, "127.0.0.1"));
  }

  int port() {
    return server.actualPort();
  }
}
