package dev.leat.bench;

import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.PoolOptions;
import java.util.function.Supplier;

/**
 * What Leat replaces: an edge that asks a service over HTTP. On the same stack as Leat's gateway,
 * so that the difference is the way and not the server; connections are kept and pooled.
 */
public final class HttpPeer {
  /** Two for the edge and one for the service is the best of what was tried on two cores. */
  static final int EDGE_LOOPS = 2;

  private static final int SERVICE_LOOPS = 1;

  /** As Leat's gateway has it: responses are written on the loop, without a queue. */
  static final HttpServerOptions SERVER = new HttpServerOptions().setStrictThreadMode(true);

  private HttpPeer() {}

  /** {@code service PORT}, or {@code edge PORT SERVICE_PORT}. */
  public static void main(String... arguments) {
    int port = Integer.parseInt(arguments[1]);
    boolean isService = arguments[0].equals("service");
    int loops = isService ? SERVICE_LOOPS : EDGE_LOOPS;
    Supplier<VerticleBase> verticles =
        isService ? () -> new Service(port) : () -> new Edge(port, Integer.parseInt(arguments[2]));
    deploy(verticles, loops);
    System.out.println("ready");
  }

  /** Runs one on each of so many event loops; returns once they listen. */
  static void deploy(Supplier<VerticleBase> verticles, int loops) {
    Vertx.vertx(new VertxOptions().setEventLoopPoolSize(loops).setPreferNativeTransport(true))
        .deployVerticle(verticles, new DeploymentOptions().setInstances(loops))
        .toCompletionStage()
        .toCompletableFuture()
        .join();
  }

  static void answer(HttpServerRequest request, Buffer body) {
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
          .createHttpServer(SERVER)
          .requestHandler(request -> request.body().onSuccess(body -> answer(request, body)))
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
          .createHttpServer(SERVER)
          .requestHandler(request -> request.body().onSuccess(body -> forward(pool, request, body)))
          .listen(port, "127.0.0.1");
    }

    private static void forward(HttpClient pool, HttpServerRequest request, Buffer asked) {
      pool.request(HttpMethod.POST, request.uri())
          .compose(on -> on.putHeader("content-type", "application/json").send(asked))
          .compose(answered -> answered.body())
          .onSuccess(body -> answer(request, body))
          .onFailure(failure -> request.response().setStatusCode(502).end());
    }
  }
}
