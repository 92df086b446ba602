package dev.leat.system;

import static dev.leat.testkit.Awaiting.until;
import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.Leat;
import dev.leat.kafka.KafkaCluster;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Two gateways, three workers and three nodes of Kafka under load, while every few seconds one of
 * them is killed, stopped or replaced, or all nodes are. {@code -Dleat.chaos.kafka.seconds} says
 * how long, {@code -Dleat.chaos.seed} which one when.
 */
class KafkaChaosTest {
  private static final int SECONDS = Integer.getInteger("leat.chaos.kafka.seconds", 30);
  private static final long SEED = Long.getLong("leat.chaos.seed", System.nanoTime());
  private static final int CLIENTS = 16;
  private static final int WORKERS = 3;

  @TempDir private Path folder;
  private final Random random = new Random(SEED);
  private final List<String> faults = new ArrayList<>();
  private final List<String> kinds = new ArrayList<>();

  @Test
  @Timeout(value = 1, unit = TimeUnit.DAYS)
  void nothing_that_was_accepted_is_lost_and_each_request_is_answered_whatever_is_killed()
      throws Exception {
    try (KafkaCluster cluster = KafkaCluster.start();
        Fleet fleet = new Fleet(folder, cluster.url(), WORKERS, 2, true);
        Leat observer = Leat.connect(cluster.url())) {
      FleetHarm harm = new FleetHarm(fleet, random);
      Orders orders = new Orders(fleet, CLIENTS);
      long end = System.nanoTime() + Duration.ofSeconds(SECONDS).toNanos();
      for (long left = end - System.nanoTime(); left > 0; left = end - System.nanoTime()) {
        Orders.pause(Math.min(left, Duration.ofSeconds(3).toNanos()));
        if (System.nanoTime() < end) {
          faults.add(harm(harm, cluster));
        }
      }
      harm.await();
      until("the cluster is whole", Duration.ofSeconds(60), cluster::isWhole);
      orders.end();

      String what = "seed %d, faults %s".formatted(SEED, faults);
      assertThat(harm.wrong()).as(what).isEmpty();
      assertThat(orders.wrong()).as(what).isEmpty();
      assertThat(orders.done()).hasSize(orders.begun());
      until("all is handled, " + what, Duration.ofSeconds(60), () -> Orders.areHandled(observer));
      Map<String, Integer> effects = Orders.effects(observer);
      long twice = effects.values().stream().filter(times -> times > 1).count();
      System.out.printf(
          "chaos kafka seed=%d seconds=%d requests=%d repeated=%d twice=%d faults=%s%n",
          SEED, SECONDS, orders.begun(), orders.repeated(), twice, faults);
      // Once or more: what a worker did shortly before it was killed is done once more.
      assertThat(effects.keySet()).as(what).isEqualTo(orders.done());
    }
  }

  /** Does one of what is left of a round in which each kind of fault comes once. */
  private String harm(FleetHarm harm, KafkaCluster cluster) {
    if (kinds.isEmpty()) {
      kinds.addAll(
          List.of(
              "worker killed",
              "gateway killed",
              "worker stopped",
              "worker replaced",
              "node killed",
              "node stopped",
              "node restarted",
              "all nodes killed"));
      Collections.shuffle(kinds, random);
    }
    String kind = kinds.removeLast();
    int node = random.nextInt(cluster.size());
    switch (kind) {
      case "worker killed" -> harm.killWorker();
      case "gateway killed" -> harm.killGateway();
      case "worker stopped" -> harm.stopWorker();
      case "worker replaced" -> harm.replaceWorker();
      case "node killed" -> {
        whole(cluster);
        cluster.kill(node);
        Orders.pause(Duration.ofSeconds(4).toNanos());
        cluster.restart(node);
      }
      case "node stopped" -> {
        whole(cluster);
        cluster.signal(node, "STOP");
        Orders.pause(Duration.ofSeconds(5).toNanos());
        cluster.signal(node, "CONT");
      }
      case "node restarted" -> {
        whole(cluster);
        cluster.restart(node);
      }
      default -> cluster.restartAll();
    }
    return kind;
  }

  /** Of what is on two nodes alone none may be lost. */
  private static void whole(KafkaCluster cluster) {
    until("the cluster is whole", Duration.ofSeconds(60), cluster::isWhole);
  }
}
