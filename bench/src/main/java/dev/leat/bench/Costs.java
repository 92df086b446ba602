package dev.leat.bench;

import dev.leat.Payload;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.function.Function;

/** Whether a request costs more where there is more of everything. */
final class Costs {
  private static final int CONNECTIONS = 64;
  private static final int MORE_CONNECTIONS = 256;
  private static final int ROUTES = 1_000;
  private static final int RETAINED = 1_000_000;

  private Costs() {}

  /** Measures and prints; gives what was compared. */
  static List<Comparison> measure(
      PrintWriter screen, Path folder, Wrk wrk, Comparison.Plan given, Runnable onPair) {
    Comparison.Plan plan =
        new Comparison.Plan(
            List.of(CONNECTIONS), given.starts(), given.pairs(), given.warmUp(), given.time());
    Comparison routes =
        Comparison.of(
                () -> Setup.embedded(folder, 1),
                () -> Setup.embedded(folder, ROUTES),
                wrk,
                plan,
                onPair)
            .getFirst();
    Comparison retained =
        Comparison.of(
                () -> Setup.redis(folder, Setup.Log.NONE),
                () -> Setup.retaining(folder, RETAINED),
                wrk,
                plan,
                onPair)
            .getFirst();
    screen.println();
    Report.print(screen, routes);
    Report.print(screen, retained);
    allocated(screen, "memory:", folder, wrk, plan, at -> Setup.embedded(at, 1));
    allocated(screen, "redis", folder, wrk, plan, at -> Setup.redis(at, Setup.Log.NONE));
    screen.println(Setup.waiting(folder));
    served(screen, folder, wrk, plan);
    alone(screen, folder, wrk, plan);
    screen.flush();
    return List.of(routes, retained);
  }

  /** What Leat adds to the commands that it cannot do without. */
  private static void served(PrintWriter screen, Path folder, Wrk wrk, Comparison.Plan plan) {
    try (Setup setup = Setup.redis(folder, Setup.Log.NONE)) {
      for (int connections : List.of(CONNECTIONS, MORE_CONNECTIONS)) {
        setup.warmUp(wrk, connections, plan.warmUp());
        Sample sample = Sample.of(setup, wrk, connections, plan.time());
        double all = Objects.requireNonNull(sample.cpu().get(setup.programs().getFirst().name()));
        // Either event loop of the gateway sends its own half of the requests.
        double bare = Setup.bare(folder, connections / 2, Payload.json(Body.of(50)), plan.time());
        screen.printf(
            Locale.ROOT,
            "redis: at %d connections the server takes %.1f us of CPU a request, for the bare"
                + " commands %.1f us (%.2f)%n",
            connections,
            all,
            bare,
            all / bare);
      }
    }
  }

  /** What one request at a time takes at least. */
  private static void alone(PrintWriter screen, Path folder, Wrk wrk, Comparison.Plan plan) {
    double service = median(Setup.service(folder), wrk, plan);
    double hop = median(Setup.vertx(folder), wrk, plan);
    double redis = median(Setup.redis(folder, Setup.Log.NONE), wrk, plan);
    double bare = Setup.bareTrip(folder, Payload.json(Body.of(50)), plan.time());
    screen.printf(
        Locale.ROOT,
        "redis: one request at a time takes %.0f us, the hop %.0f us (%.2f); HTTP without a hop"
            + " %.0f us, and the bare commands without HTTP %.0f us (together %.2f)%n",
        redis,
        hop,
        redis / hop,
        service,
        bare,
        (service + bare) / hop);
  }

  private static double median(Setup started, Wrk wrk, Comparison.Plan plan) {
    try (Setup setup = started) {
      setup.warmUp(wrk, CONNECTIONS, plan.warmUp());
      setup.warmUp(wrk, 1, plan.time());
      return wrk.run(setup.port(), Setup.PATH, 1, plan.time()).p50();
    }
  }

  private static void allocated(
      PrintWriter screen,
      String name,
      Path folder,
      Wrk wrk,
      Comparison.Plan plan,
      Function<Path, Setup> start) {
    try (Setup setup = start.apply(folder)) {
      setup.warmUp(wrk, CONNECTIONS, plan.warmUp());
      Program gateway = setup.programs().getLast();
      long before = gateway.allocated();
      long count = wrk.run(setup.port(), Setup.PATH, CONNECTIONS, plan.time()).count();
      screen.printf(
          Locale.ROOT,
          "%s: the process of the gateway allocates %d bytes a request%n",
          name,
          (gateway.allocated() - before) / count);
    }
  }
}
