package dev.leat.bench;

import dev.leat.Payload;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.PoolOptions;

/**
 * What Leat replaces: an edge that asks a service over HTTP. On the same stack as Leat's gateway,
 * so that the difference is the way and not the server.
 */
public final class HttpPeer {
  /** What every program here answers. */
  static final Payload ANSWER = Payload.json("{\"message\":\"hello, ada\"}");

  private HttpPeer() {}

  /** {@code service PORT}, or {@code edge PORT SERVICE_PORT}. */
  public static void main(String... arguments) {
    Vertx vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1));
    int port = Integer.parseInt(arguments[1]);
    VerticleBase verticle =
        arguments[0].equals("service")
            ? new Service(port)
            : new Edge(port, Integer.parseInt(arguments[2]));
    vertx.deployVerticle(verticle).toCompletionStage().toCompletableFuture().join();
    System.out.println("ready on " + port);
  }

  private static void answer(HttpServerRequest request, Buffer body) {
    request.response().putHeader("content-type", "application/json").end(body);
  }

  private static final class Service extends VerticleBase {
    private final int port;

    Service(int port) {
      this.port = port;
    }

    @Override
    public Future<?> start() {
      return vertx
          .createHttpServer()
          .requestHandler(request -> answer(request, Buffer.buffer(ANSWER.bytes())))
          .listen(port, "127.0.0.1");
    }
  }

  private static final class Edge extends VerticleBase {
    private final int port;
    private final int servicePort;

    Edge(int port, int servicePort) {
      this.port = port;
      this.servicePort = servicePort;
    }

    @Override
    public Future<?> start() {
      // A pool that never makes a request wait for a connection: the peer at its best.
      HttpClient pool =
          vertx.createHttpClient(
              new HttpClientOptions().setDefaultHost("127.0.0.1").setDefaultPort(servicePort),
              new PoolOptions().setHttp1MaxSize(2048));
      return vertx
          .createHttpServer()
          .requestHandler(request -> forward(pool, request))
          .listen(port, "127.0.0.1");
    }

    private static void forward(HttpClient pool, HttpServerRequest request) {
      pool.request(HttpMethod.GET, request.uri())
          .compose(asked -> asked.send())
          .compose(answered -> answered.body())
          .onSuccess(body -> answer(request, body))
          .onFailure(failure -> request.response().setStatusCode(502).end());
    }
  }
}
