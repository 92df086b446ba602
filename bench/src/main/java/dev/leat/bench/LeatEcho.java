package dev.leat.bench;

import dev.leat.Leat;
import dev.leat.Payload;
import dev.leat.gateway.LeatGateway;
import dev.leat.gateway.route.Route;

/** A gateway and a worker in one process. */
public final class LeatEcho {
  private LeatEcho() {}

  /** {@code PORT}, and a broker's URL where it is not to be the embedded one. */
  public static void main(String... arguments) {
    Leat leat = Leat.connect(arguments.length > 1 ? arguments[1] : "memory:");
    leat.worker("echo").on("echo", Payload.class, (payload, request) -> HttpPeer.ANSWER).start();
    LeatGateway gateway =
        LeatGateway.on(leat)
            .manageAt("127.0.0.1", 0)
            .route(Route.get("/echo", "echo", "echo"))
            .listen("127.0.0.1", Integer.parseInt(arguments[0]));
    System.out.println("ready on " + gateway.port());
  }
}
