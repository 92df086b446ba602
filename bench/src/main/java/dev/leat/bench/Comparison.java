package dev.leat.bench;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;

/**
 * Two setups under the same load in turns, so that what the machine does besides is done to both.
 *
 * @param peer name of what Leat is compared with
 * @param leat its own name
 * @param pairs one sample of each, one right after the other
 */
record Comparison(String peer, String leat, int connections, List<Pair> pairs) {
  /** Samples that were taken one after the other. */
  record Pair(Sample peer, Sample leat) {
    double of(ToDoubleFunction<Sample> figure) {
      return figure.applyAsDouble(leat) / figure.applyAsDouble(peer);
    }
  }

  /**
   * How it is measured.
   *
   * @param starts how often both are started afresh
   * @param pairs in each of the starts
   * @param warmUp before each start's first pair, for each of the two and each number of
   *     connections
   * @param time of a sample
   */
  record Plan(List<Integer> connections, int starts, int pairs, Duration warmUp, Duration time) {}

  /** Leat by the peer, pair by pair. */
  Spread ratio(ToDoubleFunction<Sample> figure) {
    return Spread.of(pairs.stream().map(pair -> pair.of(figure)).toList());
  }

  Spread ofPeer(ToDoubleFunction<Sample> figure) {
    return Spread.of(pairs.stream().map(pair -> figure.applyAsDouble(pair.peer())).toList());
  }

  Spread ofLeat(ToDoubleFunction<Sample> figure) {
    return Spread.of(pairs.stream().map(pair -> figure.applyAsDouble(pair.leat())).toList());
  }

  /** Median microseconds of a core for each request, by process. */
  Map<String, Double> cpuOfPeer() {
    return cpu(pairs.stream().map(Pair::peer).toList());
  }

  Map<String, Double> cpuOfLeat() {
    return cpu(pairs.stream().map(Pair::leat).toList());
  }

  /** Measures at each number of connections. */
  static List<Comparison> of(
      Supplier<Setup> peers, Supplier<Setup> leats, Wrk wrk, Plan plan, Runnable onPair) {
    Map<Integer, List<Pair>> pairs = new LinkedHashMap<>();
    plan.connections().forEach(number -> pairs.put(number, new ArrayList<>()));
    String peerName = "";
    String leatName = "";
    for (int start = 0; start < plan.starts(); start++) {
      try (Setup peer = peers.get();
          Setup leat = leats.get()) {
        peerName = peer.name();
        leatName = leat.name();
        for (int connections : plan.connections()) {
          Sample.of(peer, wrk, connections, plan.warmUp());
          Sample.of(leat, wrk, connections, plan.warmUp());
        }
        for (int connections : plan.connections()) {
          for (int i = 0; i < plan.pairs(); i++) {
            Sample one = Sample.of(peer, wrk, connections, plan.time());
            Sample other = Sample.of(leat, wrk, connections, plan.time());
            pairs.getOrDefault(connections, new ArrayList<>()).add(new Pair(one, other));
            onPair.run();
          }
        }
      }
    }
    List<Comparison> all = new ArrayList<>();
    for (Map.Entry<Integer, List<Pair>> each : pairs.entrySet()) {
      all.add(new Comparison(peerName, leatName, each.getKey(), each.getValue()));
    }
    return all;
  }

  private static Map<String, Double> cpu(List<Sample> samples) {
    Map<String, Double> medians = new LinkedHashMap<>();
    for (String process : samples.getFirst().cpu().keySet()) {
      medians.put(
          process,
          Spread.of(
                  samples.stream().map(sample -> sample.cpu().getOrDefault(process, 0.0)).toList())
              .median());
    }
    return medians;
  }
}
