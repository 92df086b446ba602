package dev.leat.bench;

import dev.leat.Leat;
import dev.leat.Payload;
import dev.leat.Worker;
import dev.leat.gateway.LeatGateway;
import dev.leat.gateway.route.Route;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;

/** A gateway and a worker, in one process or in two; metrics on, handlers on virtual threads. */
public final class LeatEcho {
  private LeatEcho() {}

  /**
   * {@code all|gateway|worker URL}, then any of {@code port=N}, {@code loops=N} of the gateway,
   * {@code routes=N}, {@code handler=MS} that a handler takes, {@code concurrency=N} and {@code
   * members=N} of the worker.
   *
   * <p>For each line on its standard input it says how many bytes it has allocated so far.
   */
  public static void main(String... arguments) throws IOException {
    Map<String, Integer> options = new HashMap<>();
    for (int i = 2; i < arguments.length; i++) {
      String[] option = arguments[i].split("=", 2);
      options.put(option[0], Integer.parseInt(option[1]));
    }
    Leat leat = Leat.connect(arguments[1]);
    if (!arguments[0].equals("gateway")) {
      work(leat, options);
    }
    if (!arguments[0].equals("worker")) {
      listen(leat, options);
    }
    System.out.println("ready");
    sayWhatIsAllocated();
  }

  private static void work(Leat leat, Map<String, Integer> options) {
    Duration takes = Duration.ofMillis(options.getOrDefault("handler", 0));
    Worker worker = leat.worker("echo").members(options.getOrDefault("members", 1));
    Integer concurrency = options.get("concurrency");
    if (concurrency != null) {
      worker.concurrency(concurrency);
    }
    worker
        .on(
            "echo",
            Payload.class,
            (payload, request) -> {
              if (takes.isPositive()) {
                LockSupport.parkNanos(takes.toNanos());
              }
              return payload;
            })
        .start();
  }

  private static void listen(Leat leat, Map<String, Integer> options) {
    LeatGateway gateway =
        LeatGateway.on(leat)
            .manageAt("127.0.0.1", 0)
            .eventLoops(options.getOrDefault("loops", 1))
            .route(Route.post(Setup.PATH, "echo", "echo"));
    for (int i = 1; i < options.getOrDefault("routes", 1); i++) {
      gateway.route(Route.post("/things/%d/{id}/parts".formatted(i), "things", "thing" + i));
    }
    gateway.listen("127.0.0.1", options.getOrDefault("port", 8080));
  }

  private static void sayWhatIsAllocated() throws IOException {
    var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
    while (System.in.read() >= 0) {
      System.out.println("allocated " + threads.getTotalThreadAllocatedBytes());
    }
    LockSupport.park();
  }
}
