package dev.leat.system;

import dev.leat.Leat;
import dev.leat.gateway.LeatGateway;
import dev.leat.gateway.route.Route;
import java.time.Duration;

/** A gateway to the slow workers. */
public final class EdgeProgram {
  private EdgeProgram() {}

  /** Serves the broker that is its one argument; says its port. */
  public static void main(String... arguments) {
    LeatGateway gateway =
        LeatGateway.on(Leat.connect(arguments[0]))
            .route(
                Route.post("/work", SlowWorker.TOPIC, SlowWorker.TYPE)
                    .timeout(Duration.ofSeconds(30)))
            .listen("127.0.0.1", 0);
    System.out.println(gateway.port());
  }
}
