package dev.leat.system;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/** Faults of a fleet and its broker, in rounds in which each kind comes once, in any order. */
final class ChaosRounds {
  private final FleetHarm harm;
  private final Random random;

  /** In one order, so that a seed has the same done each time. */
  private final Map<String, Runnable> kinds = new TreeMap<>();

  /**
   * With those of a fleet's own.
   *
   * @param more of its broker, by their names
   */
  ChaosRounds(Fleet fleet, Random random, Map<String, Runnable> more) {
    this.harm = new FleetHarm(fleet, random);
    this.random = random;
    kinds.put("worker killed", harm::killWorker);
    kinds.put("gateway killed", harm::killGateway);
    kinds.put("worker stopped", harm::stopWorker);
    kinds.put("worker replaced", harm::replaceWorker);
    kinds.putAll(more);
  }

  /** Does one after the other, so long apart, for a while; says which. */
  List<String> run(Duration time, Duration apart) throws InterruptedException {
    List<String> done = new ArrayList<>();
    List<String> round = new ArrayList<>();
    long end = System.nanoTime() + time.toNanos();
    for (long left = end - System.nanoTime(); left > 0; left = end - System.nanoTime()) {
      Orders.pause(Math.min(left, apart.toNanos()));
      if (System.nanoTime() < end) {
        if (round.isEmpty()) {
          round.addAll(kinds.keySet());
          Collections.shuffle(round, random);
        }
        String kind = round.removeLast();
        kinds.get(kind).run();
        done.add(kind);
      }
    }
    harm.await();
    return done;
  }

  /** What could not be done. */
  List<String> wrong() {
    return harm.wrong();
  }
}
