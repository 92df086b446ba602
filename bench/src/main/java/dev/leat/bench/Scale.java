package dev.leat.bench;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;

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
  private static final List<Integer> PARTITIONS = List.of(1, 2, 4, 8);
  private static final int CONNECTIONS = 256;

  private Scale() {}

  /** Measures, all of it as often as is planned. */
  static Map<String, List<Sample>> measure(
      List<Supplier<Setup>> setups, Wrk wrk, Comparison.Plan plan) {
    Map<String, List<Sample>> all = new LinkedHashMap<>();
    for (int start = 0; start < plan.starts(); start++) {
      for (Supplier<Setup> each : setups) {
        try (Setup setup = each.get()) {
          // Few requests a second make a long warm-up.
          setup.warmUp(wrk, CONNECTIONS, plan.warmUp().multipliedBy(3));
          for (int i = 0; i < plan.pairs(); i++) {
            all.computeIfAbsent(setup.name(), n -> new ArrayList<>())
                .add(Sample.of(setup, wrk, CONNECTIONS, plan.time()));
          }
        }
      }
    }
    return all;
  }

  /** Ever more workers over one Redis. */
  static List<Supplier<Setup>> overRedis(Path folder) {
    return WORKERS.stream()
        .<Supplier<Setup>>map(workers -> () -> Setup.scaled(folder, workers))
        .toList();
  }

  /** Ever more partitions, with one member and with as many as there are partitions. */
  static List<Supplier<Setup>> overKafka(Path folder) {
    List<Supplier<Setup>> all = new ArrayList<>();
    PARTITIONS.forEach(number -> all.add(() -> KafkaSetup.scaled(folder, number, 1)));
    PARTITIONS.stream()
        .skip(1)
        .forEach(number -> all.add(() -> KafkaSetup.scaled(folder, number, number)));
    return all;
  }

  static void print(PrintWriter screen, Map<String, List<Sample>> all) {
    screen.printf(
        "handlers of %d ms, %d at a time in each worker or member, %d connections%n",
        HANDLER_MS, CONCURRENCY, CONNECTIONS);
    all.forEach(
        (name, samples) ->
            screen.printf(
                Locale.ROOT,
                "  %s %7.0f/s  p50 %s  p99 %s  cpu us gateway %.1f server %.1f%n",
                name,
                Spread.of(samples, Sample::perSecond).median(),
                Report.time(Spread.of(samples, Sample::p50).median()),
                Report.time(Spread.of(samples, Sample::p99).median()),
                cost(samples, "gateway"),
                cost(samples, "redis") + cost(samples, "kafka")));
    screen.flush();
  }

  private static double cost(List<Sample> samples, String process) {
    return Spread.of(samples, sample -> sample.cpu().getOrDefault(process, 0.0)).median();
  }
}
