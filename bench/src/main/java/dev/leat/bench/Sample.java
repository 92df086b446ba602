package dev.leat.bench;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * One setup under load for a while.
 *
 * @param perSecond requests that were answered
 * @param p50 microseconds, as is the other
 * @param cpu microseconds of a core for each request, by process; the load generator's too
 */
record Sample(double perSecond, double p50, double p99, Map<String, Double> cpu) {
  /** Loads a setup. */
  static Sample of(Setup setup, Wrk wrk, int connections, Duration time) {
    Map<String, Duration> before = new LinkedHashMap<>();
    setup.programs().forEach(program -> before.put(program.name(), program.cpu()));
    Wrk.Result seen = seenBy(setup, wrk, connections, time);
    Map<String, Double> cpu = new LinkedHashMap<>();
    setup
        .programs()
        .forEach(
            program ->
                cpu.put(
                    program.name(),
                    micros(program.cpu().minus(before.getOrDefault(program.name(), Duration.ZERO)))
                        / seen.count()));
    cpu.put("wrk", micros(seen.cpu()) / seen.count());
    return new Sample(seen.perSecond(), seen.p50(), seen.p99(), cpu);
  }

  private static Wrk.Result seenBy(Setup setup, Wrk wrk, int connections, Duration time) {
    try {
      return wrk.run(setup.port(), Setup.PATH, connections, time);
    } catch (IllegalStateException failed) {
      throw new IllegalStateException(setup.name() + ": " + failed.getMessage(), failed);
    }
  }

  private static double micros(Duration time) {
    return time.toNanos() / 1e3;
  }
}
