package dev.leat.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

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
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A gateway as a part of somebody else's server. */
class MountedTest extends GatewayFixture {
  private final Vertx vertx = Vertx.vertx();
  private final HttpServer server = vertx.createHttpServer();
  private final List<String> ended = new CopyOnWriteArrayList<>();
  private final CountDownLatch go = new CountDownLatch(1);

  /** As a user writes it. */
  private final class Shop extends VerticleBase {
    @Override
    public Future<?> start() {
      Router router = Router.router(vertx);
      router
          .route()
          .handler(
              context -> {
                context.addEndHandler(end -> ended.add(context.request().path()));
                context.next();
              });
      router.get("/in-flight").handler(context -> context.end("" + gateway.inFlight()));
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
    leat.worker("slow")
        .on(
            "slow",
            Payload.class,
            (payload, request) -> {
              go.await();
              return payload;
            })
        .start();
    gateway
        .route(Route.post("/slow", "slow", "slow"))
        .route(Route.post("/x", "t", "x").cors(Cors.of(Cors.ANY)))
        .route(Route.post("/shared", "t", "x").reply(ReplyMode.SHARED).accepts(Route.ANYTHING));
    vertx.deployVerticle(new Shop()).await();
  }

  @AfterEach
  void stop() {
    go.countDown();
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
  void what_the_router_is_to_hear_of_ends_it_hears_of_all() {
    send(request("/x").POST(BodyPublishers.ofString("1")));
    send(request("/own"));
    send(request("/x"));

    await().atMost(LONG).until(() -> ended.size() == 3);
    assertThat(ended).containsExactly("/x", "/own", "/x");
  }

  @Test
  void a_gateway_that_closes_answers_what_is_under_way_and_takes_no_more() {
    CompletableFuture<HttpResponse<String>> slow =
        http.sendAsync(
            request("/slow").POST(BodyPublishers.ofString("1")).build(),
            HttpResponse.BodyHandlers.ofString());
    await().atMost(LONG).until(() -> send(request("/in-flight")).body().equals("1"));
    Thread closing = Thread.startVirtualThread(gateway::close);
    await()
        .atMost(LONG)
        .until(() -> send(request("/x").POST(BodyPublishers.ofString("2"))).statusCode() == 503);
    assertThat(slow).isNotDone();
    assertThat(closing.isAlive()).isTrue();
    go.countDown();

    assertThat(slow.join().body()).isEqualTo("1");
    await().atMost(LONG).until(() -> !closing.isAlive());
    assertThat(send(request("/own")).body()).isEqualTo("the shop's own");
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
