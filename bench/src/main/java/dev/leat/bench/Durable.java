package dev.leat.bench;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Brokers that have all on the disk before they answer, in turns with the least that this costs on
 * the same disk.
 */
final class Durable {
  /** One round: each of them once, one right after the other. */
  private record Round(double floor, Sample file, Sample redis) {}

  private Durable() {}

  static void measure(PrintWriter screen, Path folder, Wrk wrk, Comparison.Plan plan) {
    Map<Integer, List<Round>> all = new LinkedHashMap<>();
    for (int start = 0; start < plan.starts(); start++) {
      try (Setup file = Setup.file(folder);
          Setup redis = Setup.redis(folder, Setup.Log.ALWAYS)) {
        for (int connections : plan.connections()) {
          file.warmUp(wrk, connections, plan.warmUp());
          redis.warmUp(wrk, connections, plan.warmUp());
        }
        for (int connections : plan.connections()) {
          List<Round> rounds = all.computeIfAbsent(connections, n -> new ArrayList<>());
          for (int i = 0; i < plan.pairs(); i++) {
            double floor =
                connections == 1
                    ? SyncFloor.trip(folder)
                    : SyncFloor.perSecond(folder, connections, plan.time());
            rounds.add(
                new Round(
                    floor,
                    Sample.of(file, wrk, connections, plan.time()),
                    Sample.of(redis, wrk, connections, plan.time())));
          }
        }
      }
    }
    all.forEach((connections, rounds) -> print(screen, connections, rounds));
    screen.flush();
  }

  private static void print(PrintWriter screen, int connections, List<Round> rounds) {
    screen.printf(Locale.ROOT, "%d connections%n", connections);
    double floor = Spread.of(rounds, Round::floor).median();
    if (connections == 1) {
      screen.printf("  append and fdatasync       p50 %s%n", Report.time(floor));
    } else {
      screen.printf(Locale.ROOT, "  append and fdatasync     %7.0f/s, two for each%n", floor);
    }
    Report.line(screen, "leat file:", rounds.stream().map(Round::file).toList());
    Report.line(screen, "leat redis, AOF always", rounds.stream().map(Round::redis).toList());
    screen.printf(
        Locale.ROOT,
        "  file: %s that floor, and %s redis%n",
        Report.ratio(Spread.of(rounds, one -> figure(one.file, connections) / one.floor)),
        Report.ratio(
            Spread.of(
                rounds, one -> figure(one.file, connections) / figure(one.redis, connections))));
  }

  /** What counts: how long one takes where there is one at a time, else how many there are. */
  private static double figure(Sample sample, int connections) {
    return connections == 1 ? sample.p50() : sample.perSecond();
  }
}
