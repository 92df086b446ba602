package dev.leat.bench;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
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
  record Plan(List<Integer> connections, int starts, int pairs, Duration warmUp, Duration time) {
    /** Starts both afresh, as often as is planned, and has them measured. */
    Names eachStart(
        Supplier<Setup> peers, Supplier<Setup> leats, BiConsumer<Setup, Setup> measuring) {
      Names names = new Names("", "");
      for (int start = 0; start < starts; start++) {
        try (Setup peer = peers.get();
            Setup leat = leats.get()) {
          names = new Names(peer.name(), leat.name());
          measuring.accept(peer, leat);
        }
      }
      return names;
    }
  }

  /** What the two are called. */
  record Names(String peer, String leat) {}

  /** Leat by the peer, pair by pair. */
  Spread ratio(ToDoubleFunction<Sample> figure) {
    return Spread.of(pairs, pair -> pair.of(figure));
  }

  /** Samples of the peer alone, in the order of the pairs. */
  List<Sample> ofPeer() {
    return pairs.stream().map(Pair::peer).toList();
  }

  List<Sample> ofLeat() {
    return pairs.stream().map(Pair::leat).toList();
  }

  /** Measures at each number of connections. */
  static List<Comparison> of(
      Supplier<Setup> peers, Supplier<Setup> leats, Wrk wrk, Plan plan, Runnable onPair) {
    Map<Integer, List<Pair>> pairs = new LinkedHashMap<>();
    Names names =
        plan.eachStart(
            peers,
            leats,
            (peer, leat) -> {
              for (int connections : plan.connections()) {
                peer.warmUp(wrk, connections, plan.warmUp());
                leat.warmUp(wrk, connections, plan.warmUp());
              }
              for (int connections : plan.connections()) {
                List<Pair> own = pairs.computeIfAbsent(connections, n -> new ArrayList<>());
                for (int i = 0; i < plan.pairs(); i++) {
                  Sample one = Sample.of(peer, wrk, connections, plan.time());
                  own.add(new Pair(one, Sample.of(leat, wrk, connections, plan.time())));
                  onPair.run();
                }
              }
            });
    List<Comparison> all = new ArrayList<>();
    pairs.forEach(
        (connections, own) ->
            all.add(new Comparison(names.peer(), names.leat(), connections, own)));
    return all;
  }
}
