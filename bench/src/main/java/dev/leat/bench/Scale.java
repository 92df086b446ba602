package dev.leat.bench;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * One gateway before ever more workers whose handler waits, so that they and not the cores are what
 * there is too little of.
 */
final class Scale {
  /** What a handler takes: a look into a database, say. */
  static final int HANDLER_MS = 5;

  /** Messages that a worker handles at a time: 3,200 a second at most. */
  static final int CONCURRENCY = 16;

  private static final List<Integer> WORKERS = List.of(1, 2, 4);
  private static final int CONNECTIONS = 256;

  private Scale() {}

  /** Measures, all of it as often as is planned. */
  static Map<Integer, List<Sample>> measure(Path folder, Wrk wrk, Comparison.Plan plan) {
    Map<Integer, List<Sample>> all = new LinkedHashMap<>();
    for (int start = 0; start < plan.starts(); start++) {
      for (int workers : WORKERS) {
        try (Setup setup = Setup.scaled(folder, workers)) {
          // Few requests a second make a long warm-up.
          setup.warmUp(wrk, CONNECTIONS, plan.warmUp().multipliedBy(3));
          for (int i = 0; i < plan.pairs(); i++) {
            all.computeIfAbsent(workers, n -> new ArrayList<>())
                .add(Sample.of(setup, wrk, CONNECTIONS, plan.time()));
          }
        }
      }
    }
    return all;
  }

  static void print(PrintWriter screen, Map<Integer, List<Sample>> all) {
    screen.printf(
        "handlers of %d ms, %d at a time in each worker, %d connections%n",
        HANDLER_MS, CONCURRENCY, CONNECTIONS);
    all.forEach(
        (workers, samples) ->
            screen.printf(
                Locale.ROOT,
                "  %d workers %7.0f/s  p50 %s  p99 %s  cpu us gateway %.1f redis %.1f%n",
                workers,
                Spread.of(samples, Sample::perSecond).median(),
                Report.time(Spread.of(samples, Sample::p50).median()),
                Report.time(Spread.of(samples, Sample::p99).median()),
                cost(samples, "gateway"),
                cost(samples, "redis")));
    screen.flush();
  }

  private static double cost(List<Sample> samples, String process) {
    return Spread.of(samples, sample -> sample.cpu().getOrDefault(process, 0.0)).median();
  }
}
