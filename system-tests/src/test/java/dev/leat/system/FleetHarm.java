package dev.leat.system;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.IntConsumer;

/** What is done to the processes of a fleet, one thing at a time to each, several at once. */
final class FleetHarm {
  private final Fleet fleet;
  private final Random random;
  private final List<Thread> harming = new ArrayList<>();
  private final Set<String> down = ConcurrentHashMap.newKeySet();
  private final List<String> wrong = new CopyOnWriteArrayList<>();

  FleetHarm(Fleet fleet, Random random) {
    this.fleet = fleet;
    this.random = random;
  }

  /** What could not be done. */
  List<String> wrong() {
    return wrong;
  }

  void killWorker() {
    toAny(
        "worker",
        fleet.workers().size(),
        index -> {
          fleet.workers().get(index).close();
          fleet.replaceWorker(index);
        });
  }

  void killGateway() {
    toAny(
        "gateway",
        2,
        index -> {
          fleet.gateways().get(index).close();
          fleet.replaceGateway(index);
        });
  }

  /** For longer than its lease. */
  void stopWorker() {
    toAny(
        "worker",
        fleet.workers().size(),
        index -> {
          fleet.workers().get(index).signal("STOP");
          Orders.pause(OrderWorker.LEASE.plusSeconds(1).toNanos());
          fleet.workers().get(index).signal("CONT");
        });
  }

  /** As an operator does: the next is there before the one before is told to end. */
  void replaceWorker() {
    toAny(
        "worker",
        fleet.workers().size(),
        index -> {
          Child before = fleet.workers().get(index);
          fleet.replaceWorker(index);
          before.signal("TERM");
          int unused = before.exitCode();
        });
  }

  /** Waits until all that is being done is done. */
  void await() throws InterruptedException {
    for (Thread harm : harming) {
      harm.join();
    }
  }

  /** To one that nothing is being done to; they take seconds to start. */
  private void toAny(String kind, int count, IntConsumer action) {
    List<Integer> up = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      if (!down.contains(kind + " " + i)) {
        up.add(i);
      }
    }
    if (up.isEmpty()) {
      return;
    }
    int index = up.get(random.nextInt(up.size()));
    String name = kind + " " + index;
    if (down.add(name)) {
      harming.add(
          Thread.startVirtualThread(
              () -> {
                try {
                  action.accept(index);
                } catch (RuntimeException failure) {
                  wrong.add(name + ": " + failure);
                } finally {
                  down.remove(name);
                }
              }));
    }
  }
}
