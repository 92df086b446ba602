package dev.leat.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.leat.BadConfiguration;
import dev.leat.Message;
import dev.leat.MessageId;
import dev.leat.Payload;
import dev.leat.Telemetry;
import dev.leat.caller.PendingCalls;
import dev.leat.gateway.admission.Admission;
import dev.leat.gateway.admission.Connections;
import dev.leat.gateway.admission.MemoryBudget;
import dev.leat.gateway.http.ClientLimits;
import dev.leat.gateway.http.Ending;
import dev.leat.gateway.http.HttpEdge;
import dev.leat.gateway.http.RateLimits;
import dev.leat.gateway.http.RequestListener;
import dev.leat.gateway.route.ReplyMode;
import dev.leat.gateway.route.Route;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** How a gateway begins and ends, and what becomes of requests when something in it fails. */
class GatewayLifeTest extends GatewayFixture {
  @Test
  void a_gateway_that_could_not_listen_can_listen_elsewhere_as_if_it_had_never_tried()
      throws IOException {
    leat.worker("t").on("x", Payload.class, (payload, request) -> "answer").start();
    gateway
        .manageAt("127.0.0.1", 0)
        .route(Route.get("/x", "t", "x"))
        .route(Route.get("/shared", "t", "x").reply(ReplyMode.SHARED));
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      for (int i = 0; i < 3; i++) {
        assertThatThrownBy(() -> gateway.listen("127.0.0.1", taken.getLocalPort()))
            .isInstanceOf(BadConfiguration.class)
            .hasMessageContaining("cannot be listened on");
      }
    }
    gateway.listen("127.0.0.1", 0);

    assertThat(get("/x").body()).isEqualTo("answer");
    assertThat(get("/shared").body()).isEqualTo("answer");
    assertThat(gateway.inFlight()).isZero();
    gateway.close();
    assertThatThrownBy(() -> gateway.listen("127.0.0.1", 0))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("the gateway is closed");
  }

  @Test
  void whatever_fails_within_the_edge_is_500_for_its_client_and_counted() {
    List<Ending> endings = new CopyOnWriteArrayList<>();
    Vertx vertx = Vertx.vertx();
    Failing failing = new Failing(endings);
    try {
      vertx.deployVerticle(failing).await();
      for (int i = 0; i < 2; i++) {
        HttpResponse<String> response =
            send(
                HttpRequest.newBuilder(
                    URI.create("http://127.0.0.1:" + failing.port() + "/x?" + i)));
        assertThat(response.statusCode()).isEqualTo(500);
        assertThat(json(response).get("title").asString()).isEqualTo("Internal error");
      }
      await().atMost(LONG).until(() -> endings.size() == 2);
      assertThat(endings).containsOnly(Ending.FAILED);
    } finally {
      vertx.close().await();
    }
  }

  /** An edge whose routes cannot be looked at. */
  private final class Failing extends VerticleBase {
    private final List<Ending> endings;
    private @Nullable HttpServer server;

    Failing(List<Ending> endings) {
      this.endings = endings;
    }

    int port() {
      return server == null ? 0 : server.actualPort();
    }

    @Override
    public Future<?> start() {
      VertxLoop loop = new VertxLoop(vertx, context);
      PendingCalls calls =
          new PendingCalls(
              leat.broker(),
              loop,
              MessageId.secure(loop.clock()),
              leat.nextLane(),
              "test",
              Telemetry.NONE);
      HttpServer made =
          vertx
              .createHttpServer(new HttpServerOptions().setHttp2ClearTextEnabled(false))
              .requestHandler(
                  new HttpEdge(
                      vertx,
                      () -> {
                        throw new IllegalStateException("on purpose");
                      },
                      calls,
                      loop,
                      ClientLimits.DEFAULT,
                      new RateLimits(),
                      new Admission(
                          leat.broker(),
                          leat.loop(),
                          10,
                          new MemoryBudget(1 << 20),
                          new Connections(10, 10)),
                      new Counting(endings),
                      false));
      server = made;
      return made.listen(0, "127.0.0.1");
    }
  }

  private record Counting(List<Ending> endings) implements RequestListener {
    @Override
    public void ended(
        @Nullable Route route, Ending ending, int status, long began, @Nullable Message reply) {
      endings.add(ending);
    }

    @Override
    public long now() {
      return 0;
    }
  }
}
