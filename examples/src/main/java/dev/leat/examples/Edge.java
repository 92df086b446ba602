package dev.leat.examples;

import dev.leat.Leat;
import dev.leat.Reply;
import dev.leat.gateway.LeatGateway;
import dev.leat.gateway.route.ReplyMode;
import dev.leat.gateway.route.Route;
import java.time.Duration;

/** A gateway over a worker, in one program. */
public final class Edge {
  record GetUser(String id) {}

  record User(String id, String name) {}

  private Edge() {}

  /** Listens on port 8080 until the process ends. */
  public static void main(String... arguments) {
    Leat leat = Leat.connect("memory:");
    LeatGateway gateway = start(leat, 8080);
    Runtime.getRuntime().addShutdownHook(new Thread(() -> close(gateway, leat)));
  }

  static LeatGateway start(Leat leat, int port) {
    // snippet gateway
    leat.worker("users")
        .on(
            "user.get",
            GetUser.class,
            (user, request) ->
                user.id().equals("7")
                    ? new User("7", "ada")
                    : Reply.problem(404, "Not found", "there is no user '" + user.id() + "'"))
        .on("user.seen", GetUser.class, (user, request) -> Reply.empty())
        .start();

    return LeatGateway.on(leat)
        .route(Route.get("/users/{id}", "users", "user.get").timeout(Duration.ofSeconds(2)))
        .route(
            Route.post("/users/{id}/visits", "users", "user.seen")
                .accepts("application/json")
                .handsOn("user-agent")
                .reply(ReplyMode.NONE))
        .listen("127.0.0.1", port);
    // end
  }

  private static void close(LeatGateway gateway, Leat leat) {
    gateway.close();
    leat.close();
  }
}
