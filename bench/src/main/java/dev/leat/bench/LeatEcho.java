package dev.leat.bench;

import dev.leat.Leat;
import dev.leat.Payload;
import dev.leat.gateway.LeatGateway;
import dev.leat.gateway.route.Route;

/** A gateway and a worker, in one process or in two; metrics on, handlers on virtual threads. */
public final class LeatEcho {
  private LeatEcho() {}

  /** {@code all PORT URL}, {@code gateway PORT URL}, or {@code worker URL}. */
  public static void main(String... arguments) {
    String role = arguments[0];
    Leat leat = Leat.connect(arguments[arguments.length - 1]);
    if (!role.equals("gateway")) {
      leat.worker("echo").on("echo", Payload.class, (payload, request) -> payload).start();
    }
    if (!role.equals("worker")) {
      LeatGateway.on(leat)
          .manageAt("127.0.0.1", 0)
          .route(Route.post(Setup.PATH, "echo", "echo"))
          .listen("127.0.0.1", Integer.parseInt(arguments[1]));
    }
    System.out.println("ready");
  }
}
