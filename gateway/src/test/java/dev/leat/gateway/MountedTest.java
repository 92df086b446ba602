package dev.leat.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.leat.Payload;
import dev.leat.gateway.route.Cors;
import dev.leat.gateway.route.ReplyMode;
import dev.leat.gateway.route.Route;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.ext.web.Router;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A gateway as a part of somebody else's server. */
class MountedTest extends GatewayFixture {
  private final Vertx vertx = Vertx.vertx();
  private final HttpServer server = vertx.createHttpServer();

  /** As a user writes it. */
  private final class Shop extends VerticleBase {
    @Override
    public Future<?> start() {
      Router router = Router.router(vertx);
      router.get("/own").handler(context -> context.end("the shop's own"));
      Future<Void> mounted = gateway.mountOn(router, vertx);
      router.get("/later").handler(context -> context.end("what is left"));
      server.requestHandler(router);
      return mounted.compose(ready -> server.listen(0, "127.0.0.1"));
    }
  }

  @BeforeEach
  void start() {
    leat.worker("t").on("x", Payload.class, (payload, request) -> payload).start();
    gateway
        .route(Route.post("/x", "t", "x").cors(Cors.of(Cors.ANY)))
        .route(Route.post("/shared", "t", "x").reply(ReplyMode.SHARED));
    vertx.deployVerticle(new Shop()).await();
  }

  @AfterEach
  void stop() {
    gateway.close();
    vertx.close().await();
  }

  @Test
  void its_routes_are_served_beside_those_of_the_router() {
    assertThat(send(request("/x").POST(BodyPublishers.ofString("hello"))).body())
        .isEqualTo("hello");
    assertThat(send(request("/shared").POST(BodyPublishers.ofString("all"))).body())
        .isEqualTo("all");
    assertThat(send(request("/own")).body()).isEqualTo("the shop's own");
    assertThat(send(request("/later")).body()).isEqualTo("what is left");
    assertThat(send(request("/x")).statusCode()).isEqualTo(405);
    assertThat(send(request("/nowhere")).statusCode()).isEqualTo(404);
  }

  @Test
  void pages_of_other_origins_are_answered_as_by_a_gateway_alone() {
    HttpResponse<String> response =
        send(
            request("/x").header("origin", "https://a.example").POST(BodyPublishers.ofString("1")));

    assertThat(response.body()).isEqualTo("1");
    assertThat(response.headers().firstValue("access-control-allow-origin")).contains("*");
  }

  @Test
  void mounting_from_a_thread_that_is_no_loop_is_refused() {
    assertThatThrownBy(() -> gateway.mountOn(Router.router(vertx), vertx))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("mount a gateway on the event loop that its router works on");
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.actualPort() + path))
        .version(java.net.http.HttpClient.Version.HTTP_1_1)
        .header("content-type", "text/plain");
  }
}
