package dev.leat.bench;

import java.io.PrintWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;

/** Two setups under the same fixed rate in turns: how long requests take when nobody waits. */
record FixedRate(String peer, String leat, int perSecond, List<Tail> peers, List<Tail> leats) {
  /**
   * What one run came to, in microseconds from when each request was due.
   *
   * @param failures requests that were not answered by 200
   */
  record Tail(double p50, double p99, double p999, double longest, long failures) {
    static Tail of(Setup setup, int perSecond, int connections, String json, Duration time) {
      OpenLoop.Result result =
          new OpenLoop(setup.port(), Setup.PATH, json, connections).run(perSecond, time);
      return new Tail(
          result.latencies().getValueAtPercentile(50),
          result.latencies().getValueAtPercentile(99),
          result.latencies().getValueAtPercentile(99.9),
          result.latencies().getMaxValue(),
          result.failures());
    }
  }

  static FixedRate of(
      Supplier<Setup> peers,
      Supplier<Setup> leats,
      int perSecond,
      int connections,
      String json,
      Comparison.Plan plan) {
    List<Tail> ofPeer = new ArrayList<>();
    List<Tail> ofLeat = new ArrayList<>();
    Comparison.Names names =
        plan.eachStart(
            peers,
            leats,
            (peer, leat) -> {
              Tail.of(peer, perSecond, connections, json, plan.warmUp());
              Tail.of(leat, perSecond, connections, json, plan.warmUp());
              for (int i = 0; i < plan.pairs(); i++) {
                ofPeer.add(Tail.of(peer, perSecond, connections, json, plan.time()));
                ofLeat.add(Tail.of(leat, perSecond, connections, json, plan.time()));
              }
            });
    return new FixedRate(names.peer(), names.leat(), perSecond, ofPeer, ofLeat);
  }

  void print(PrintWriter screen) {
    screen.printf(Locale.ROOT, "%d a second, whatever becomes of them%n", perSecond);
    line(screen, peer, peers);
    line(screen, leat, leats);
  }

  private static void line(PrintWriter screen, String name, List<Tail> tails) {
    screen.printf(
        Locale.ROOT,
        "  %-24s p50 %s  p99 %s  p99.9 %s  longest %s  failed %d%n",
        name,
        median(tails, Tail::p50),
        median(tails, Tail::p99),
        median(tails, Tail::p999),
        median(tails, Tail::longest),
        tails.stream().mapToLong(Tail::failures).sum());
  }

  private static String median(List<Tail> tails, ToDoubleFunction<Tail> figure) {
    return Report.time(Spread.of(tails, figure).median());
  }
}
