package dev.leat.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.leat.Unsupported;
import dev.leat.gateway.route.OrderKey;
import dev.leat.gateway.route.ReplyMode;
import dev.leat.gateway.route.Route;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.Test;

/**
 * A gateway over a broker that can do little: it serves, and refuses at the start what it cannot.
 */
class PoorBrokerTest extends GatewayFixture {
  PoorBrokerTest() {
    super("poor:");
  }

  @Test
  void requests_are_answered_and_the_limit_of_bodies_is_the_brokers() throws Exception {
    leat.worker("echo").on("echo", String.class, (text, request) -> text).start();
    listen(Route.post("/echo", "echo", "echo"));

    assertThat(post("/echo", "text/plain", "hello").body()).isEqualTo("hello");
    HttpResponse<String> large = post("/echo", "text/plain", "x".repeat((256 << 10) + 1));
    assertThat(large.statusCode()).isEqualTo(413);
    assertThat(post("/echo", "text/plain", "x".repeat(256 << 10)).statusCode()).isEqualTo(200);
  }

  @Test
  void what_nobody_waits_for_is_taken_as_long_as_it_is_worked_on() throws Exception {
    leat.worker("notes").onOneWay("note", String.class, (text, request) -> {}).start();
    Route notes = Route.post("/note", "notes", "note").reply(ReplyMode.NONE).backlogLimit(1_000);
    listen(notes);

    for (int i = 0; i < 5; i++) {
      await()
          .atMost(LONG)
          .until(() -> post("/note", "text/plain", "x".repeat(900)).statusCode() == 202);
    }
  }

  @Test
  void what_it_cannot_do_is_refused_at_the_start_by_name() {
    refuses(
        Route.get("/a", "t", "x").reply(ReplyMode.SHARED),
        "route GET /a: this broker cannot be read along (TAIL)");
    refuses(
        Route.get("/b/{id}", "t", "x").orderBy(OrderKey.parse("path.id")),
        "route GET /b/{id}: this broker keeps no order by key (KEY_ORDER)");
    refuses(
        Route.post("/c", "t", "x").bodyLimit(1 << 19),
        "route POST /c: this broker takes messages of 262144 bytes at most: set a body-limit of no"
            + " more, not 524288");
  }

  private void refuses(Route route, String sentence) {
    try (LeatGateway other = LeatGateway.on(leat).route(route)) {
      assertThatThrownBy(() -> other.listen("127.0.0.1", 0))
          .isInstanceOf(Unsupported.class)
          .hasMessageStartingWith(sentence);
    }
  }
}
