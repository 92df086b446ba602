package dev.leat.system;

import static dev.leat.testkit.Awaiting.until;
import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.Leat;
import dev.leat.kafka.KafkaCluster;
import dev.leat.kafka.KafkaServerProcess;
import java.nio.file.Path;
import java.time.Duration;
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
  private static final int SECONDS = Integer.getInteger("leat.chaos.kafka.seconds", 15);
  private static final long SEED = Long.getLong("leat.chaos.seed", System.nanoTime());
  private static final int CLIENTS = 16;
  private static final int WORKERS = 3;

  /** Longer than a node may be silent. */
  private static final Duration CUT = Duration.ofSeconds(6);

  @TempDir private Path folder;
  private final Random random = new Random(SEED);

  @Test
  @Timeout(value = 1, unit = TimeUnit.DAYS)
  void nothing_that_was_accepted_is_lost_and_each_request_is_answered_whatever_is_killed()
      throws Exception {
    try (KafkaCluster cluster = KafkaCluster.start();
        Fleet fleet = new Fleet(folder, cluster.url(), WORKERS, 2, true);
        Leat observer = Leat.connect(cluster.url())) {
      ChaosRounds rounds =
          new ChaosRounds(
              fleet,
              random,
              Map.of(
                  "node killed", () -> killNode(cluster),
                  "node stopped", () -> stopNode(cluster),
                  "network cut between two", () -> cutNetwork(cluster),
                  "node cut off from the others", () -> cutOff(cluster),
                  "node restarted", () -> cluster.restart(anyOfWhole(cluster)),
                  "all nodes killed", cluster::restartAll));
      Orders orders = new Orders(fleet, CLIENTS);
      List<String> faults = rounds.run(Duration.ofSeconds(SECONDS), Duration.ofSeconds(3));
      awaitWhole(cluster);
      orders.end();

      String what = "seed %d, faults %s".formatted(SEED, faults);
      assertThat(rounds.wrong()).as(what).isEmpty();
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
      if (KafkaServerProcess.OPTIONS.contains("transactions=true")) {
        assertThat(twice).as("effects that were had more than once; " + what).isZero();
      }
    }
  }

  private void killNode(KafkaCluster cluster) {
    int node = anyOfWhole(cluster);
    cluster.kill(node);
    Orders.pause(Duration.ofSeconds(4).toNanos());
    cluster.restart(node);
  }

  private void stopNode(KafkaCluster cluster) {
    int node = anyOfWhole(cluster);
    cluster.signal(node, "STOP");
    Orders.pause(Duration.ofSeconds(5).toNanos());
    cluster.signal(node, "CONT");
  }

  private void cutNetwork(KafkaCluster cluster) {
    int one = anyOfWhole(cluster);
    int other = (one + 1) % cluster.size();
    cluster.cut(one, other, true);
    Orders.pause(CUT.toNanos());
    cluster.cut(one, other, false);
  }

  /** Those who ask it do so still. */
  private void cutOff(KafkaCluster cluster) {
    int one = anyOfWhole(cluster);
    for (boolean cut : new boolean[] {true, false}) {
      for (int other = 0; other < cluster.size(); other++) {
        if (other != one) {
          cluster.cut(one, other, cut);
        }
      }
      if (cut) {
        Orders.pause(CUT.toNanos());
      }
    }
  }

  /** A node, once none is missing: of what is on two alone none may be lost. */
  private int anyOfWhole(KafkaCluster cluster) {
    awaitWhole(cluster);
    return random.nextInt(cluster.size());
  }

  private static void awaitWhole(KafkaCluster cluster) {
    until("the cluster is whole", Duration.ofSeconds(60), cluster::isWhole);
  }
}
