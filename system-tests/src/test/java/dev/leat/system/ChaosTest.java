package dev.leat.system;

import static dev.leat.testkit.Awaiting.until;
import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.Leat;
import dev.leat.Message;
import dev.leat.Topic;
import dev.leat.Worker;
import dev.leat.redis.RedisClient;
import dev.leat.wire.StreamKeys;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.awaitility.core.ConditionTimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Two gateways, four workers and Redis with a log, a password and a database of its own, under
 * load, while every five seconds one of them is killed, stopped or replaced, the connections are
 * cut, the password is changed for a while, or a group begins late. {@code -Dleat.chaos.seconds}
 * says how long, {@code -Dleat.chaos.seed} which one when.
 */
class ChaosTest {
  private static final int SECONDS = Integer.getInteger("leat.chaos.seconds", 25);
  private static final long SEED = Long.getLong("leat.chaos.seed", System.nanoTime());
  private static final int CLIENTS = 16;
  private static final int WORKERS = 4;

  @TempDir private Path folder;
  private final List<Worker> lates = new ArrayList<>();

  @Test
  @Timeout(value = 1, unit = TimeUnit.DAYS)
  void every_request_has_one_outcome_and_one_effect_whatever_is_killed() throws Exception {
    try (RedisStage redis = new RedisStage(folder);
        Fleet fleet = new Fleet(folder, redis.urlOfWay(), WORKERS, 2, true);
        Leat late = Leat.connect(redis.url());
        RedisClient observer = new RedisClient(redis.url())) {
      long connections = connections(observer);
      ChaosRounds rounds =
          new ChaosRounds(
              fleet,
              new Random(SEED),
              Map.of(
                  "redis killed",
                  redis.server()::restart,
                  "connections cut",
                  redis.way()::cut,
                  "password changed",
                  () -> changePassword(redis),
                  "group begun late",
                  () -> lates.add(listening(late, lates.size()))));
      Orders orders = new Orders(fleet, CLIENTS);
      List<String> faults = rounds.run(Duration.ofSeconds(SECONDS), Duration.ofSeconds(5));
      orders.end();

      System.out.printf(
          "chaos seed=%d seconds=%d requests=%d repeated=%d faults=%s%n",
          SEED, SECONDS, orders.begun(), orders.repeated(), faults);
      String what = "seed %d, faults %s".formatted(SEED, faults);
      assertThat(rounds.wrong()).as(what).isEmpty();
      assertThat(orders.wrong()).as(what).isEmpty();
      assertThat(orders.done()).hasSize(orders.begun());
      awaitDone(late, observer, what);
      Map<String, Integer> effects = Orders.effects(late);
      assertThat(effects).as(what).hasSize(orders.begun());
      assertThat(effects.entrySet())
          .as("effects that did not happen once; " + what)
          .allMatch(effect -> effect.getValue() == 1 && orders.done().contains(effect.getKey()));
      lates.forEach(Worker::close);
      assertThat(observer.size("orders::DEFAULT::ORDER::" + Worker.DEFAULT_GROUP))
          .as("places in the order, beside the mark of one; " + what)
          .isEqualTo(1);
      until("no more connections than before, " + what, () -> connections(observer) <= connections);
      String otherDatabase = redis.url().replace("/" + RedisStage.DATABASE, "/0");
      try (RedisClient other = new RedisClient(otherDatabase)) {
        assertThat(other.keys("*")).as("keys of another database; " + what).isEmpty();
      }
    }
  }

  /** Those of the fleet and of this test; a group that is late brings some for a while. */
  private static long connections(RedisClient observer) {
    return observer.clients();
  }

  private static void changePassword(RedisStage redis) {
    try (RedisClient administrator = new RedisClient(redis.url())) {
      administrator.setPassword("another");
      redis.way().cut();
      Orders.pause(Duration.ofSeconds(2).toNanos());
      administrator.setPassword(RedisStage.PASSWORD);
    }
  }

  private static Worker listening(Leat late, int number) {
    return late.worker(OrderWorker.TOPIC)
        .group("late-" + number)
        .listening()
        .onOneWay("order.place", Message.class, (message, request) -> {})
        .start();
  }

  private static void awaitDone(Leat leat, RedisClient observer, String what) {
    try {
      until("nothing is left to do", () -> Orders.areHandled(leat));
    } catch (ConditionTimeoutException late) {
      String left = observer.describe(StreamKeys.of(Topic.of(OrderWorker.TOPIC).incoming()));
      throw new AssertionError("something is left to do, " + what + "\n" + left, late);
    }
  }
}
