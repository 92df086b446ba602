package dev.leat.system;

import static dev.leat.testkit.Awaiting.result;
import static dev.leat.testkit.Awaiting.until;
import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.Leat;
import dev.leat.Message;
import dev.leat.Position;
import dev.leat.StreamRef;
import dev.leat.Topic;
import dev.leat.Worker;
import dev.leat.broker.Entry;
import dev.leat.redis.RedisClient;
import dev.leat.system.OrderWorker.Order;
import dev.leat.wire.PayloadCodec;
import dev.leat.wire.StreamKeys;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntConsumer;
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
  private static final int SECONDS = Integer.getInteger("leat.chaos.seconds", 60);
  private static final long SEED = Long.getLong("leat.chaos.seed", System.nanoTime());
  private static final int CLIENTS = 16;
  private static final int WORKERS = 4;

  @TempDir private Path folder;
  private final Random random = new Random(SEED);
  private final AtomicBoolean over = new AtomicBoolean();
  private final AtomicInteger begun = new AtomicInteger();
  private final AtomicInteger repeated = new AtomicInteger();
  private final Set<String> done = ConcurrentHashMap.newKeySet();
  private final List<String> wrong = new CopyOnWriteArrayList<>();
  private final List<String> faults = new ArrayList<>();
  private final List<String> kinds = new ArrayList<>();
  private final List<Thread> harming = new ArrayList<>();
  private final List<Worker> lates = new ArrayList<>();
  private final Set<String> down = ConcurrentHashMap.newKeySet();

  @Test
  @Timeout(value = 1, unit = TimeUnit.DAYS)
  void every_request_has_one_outcome_and_one_effect_whatever_is_killed() throws Exception {
    try (Fleet fleet = new Fleet(folder, WORKERS, 2, true);
        Leat late = Leat.connect(fleet.url());
        RedisClient observer = new RedisClient(fleet.url())) {
      long connections = connections(observer);
      List<Thread> clients = new ArrayList<>();
      for (int i = 0; i < CLIENTS; i++) {
        int number = i;
        clients.add(Thread.startVirtualThread(() -> order(fleet, number)));
      }
      long end = System.nanoTime() + Duration.ofSeconds(SECONDS).toNanos();
      for (long left = end - System.nanoTime(); left > 0; left = end - System.nanoTime()) {
        pause(Math.min(left, Duration.ofSeconds(5).toNanos()));
        if (System.nanoTime() < end) {
          faults.add(harm(fleet, late));
        }
      }
      for (Thread harm : harming) {
        harm.join();
      }
      over.set(true);
      for (Thread client : clients) {
        client.join();
      }

      System.out.printf(
          "chaos seed=%d seconds=%d requests=%d repeated=%d faults=%s%n",
          SEED, SECONDS, begun.get(), repeated.get(), faults);
      assertThat(wrong).as("seed %d, faults %s", SEED, faults).isEmpty();
      assertThat(done).hasSize(begun.get());
      String what = "seed %d, faults %s".formatted(SEED, faults);
      awaitDone(late, observer, what);
      assertThat(effects(late)).as(what).hasSize(done.size());
      assertThat(effects(late).entrySet())
          .as("effects that did not happen once; " + what)
          .allMatch(effect -> effect.getValue() == 1 && done.contains(effect.getKey()));
      lates.forEach(Worker::close);
      assertThat(observer.size("orders::DEFAULT::ORDER::" + Worker.DEFAULT_GROUP))
          .as("places in the order, beside the mark of one; " + what)
          .isEqualTo(1);
      until("no more connections than before, " + what, () -> connections(observer) <= connections);
      try (RedisClient other = new RedisClient(fleet.url().replace("/" + Fleet.DATABASE, "/0"))) {
        assertThat(other.keys("*")).as("keys of another database; " + what).isEmpty();
      }
    }
  }

  /** Those of the fleet and of this test; a group that is late brings some for a while. */
  private static long connections(RedisClient observer) {
    return observer.clients();
  }

  /** Does one of what is left of a round in which each kind of fault comes once. */
  private String harm(Fleet fleet, Leat late) {
    if (kinds.isEmpty()) {
      kinds.addAll(
          List.of(
              "worker killed",
              "gateway killed",
              "worker stopped",
              "redis killed",
              "worker replaced",
              "connections cut",
              "password changed",
              "group begun late"));
      Collections.shuffle(kinds, random);
    }
    String kind = kinds.removeLast();
    switch (kind) {
      case "worker killed" ->
          whileDown(anyUp("worker", WORKERS), index -> killWorker(fleet, index));
      case "gateway killed" -> whileDown(anyUp("gateway", 2), index -> killGateway(fleet, index));
      case "worker stopped" ->
          whileDown(anyUp("worker", WORKERS), index -> stopWorker(fleet, index));
      case "worker replaced" ->
          whileDown(anyUp("worker", WORKERS), index -> replaceWorker(fleet, index));
      case "connections cut" -> fleet.way().cut();
      case "password changed" -> changePassword(fleet);
      case "group begun late" -> lates.add(listening(late, lates.size()));
      default -> fleet.redis().restart();
    }
    return kind;
  }

  /** As an operator does: the next is there before the one before is told to end. */
  private static void replaceWorker(Fleet fleet, int index) {
    Child before = fleet.workers().get(index);
    fleet.replaceWorker(index);
    before.signal("TERM");
    before.exitCode();
  }

  private static void changePassword(Fleet fleet) {
    try (RedisClient administrator = new RedisClient(fleet.url())) {
      administrator.setPassword("another");
      fleet.way().cut();
      pause(Duration.ofSeconds(2).toNanos());
      administrator.setPassword(Fleet.PASSWORD);
    }
  }

  private static Worker listening(Leat late, int number) {
    return late.worker(OrderWorker.TOPIC)
        .group("late-" + number)
        .listening()
        .onOneWay("order.place", Message.class, (message, request) -> {})
        .start();
  }

  private static void killWorker(Fleet fleet, int index) {
    fleet.workers().get(index).close();
    fleet.replaceWorker(index);
  }

  private static void killGateway(Fleet fleet, int index) {
    fleet.gateways().get(index).close();
    fleet.replaceGateway(index);
  }

  private static void stopWorker(Fleet fleet, int index) {
    fleet.workers().get(index).signal("STOP");
    pause(OrderWorker.LEASE.plusSeconds(1).toNanos());
    fleet.workers().get(index).signal("CONT");
  }

  /** A process that nothing is being done to; they take seconds to start. */
  private String anyUp(String kind, int count) {
    List<String> up = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      if (!down.contains(kind + " " + i)) {
        up.add(kind + " " + i);
      }
    }
    return up.isEmpty() ? "" : up.get(random.nextInt(up.size()));
  }

  private void whileDown(String name, IntConsumer action) {
    if (!name.isEmpty() && down.add(name)) {
      harming.add(
          Thread.startVirtualThread(
              () -> {
                try {
                  action.accept(Integer.parseInt(name.substring(name.indexOf(' ') + 1)));
                } catch (RuntimeException failure) {
                  wrong.add(name + ": " + failure);
                } finally {
                  down.remove(name);
                }
              }));
    }
  }

  private void order(Fleet fleet, int client) {
    for (int i = 0; !over.get(); i++) {
      String id = client + "-" + i;
      begun.incrementAndGet();
      try {
        if (isPlaced(fleet, id)) {
          done.add(id);
        }
      } catch (InterruptedException interrupted) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }

  /** Asks for the same until it is answered, here or there. */
  private boolean isPlaced(Fleet fleet, String id) throws InterruptedException {
    String json = "{\"id\":\"%s\",\"text\":\"text of %s\"}".formatted(id, id);
    for (int attempt = 0; attempt < 300; attempt++) {
      try {
        HttpResponse<String> response = fleet.order((id.hashCode() + attempt) & 1, id, json);
        switch (response.statusCode()) {
          case 201 -> {
            if (!response.body().equals(json)) {
              wrong.add(id + " got " + response.body());
            }
            return true;
          }
          case 409, 500, 503, 504 -> repeated.incrementAndGet();
          default -> {
            wrong.add(id + " got " + response.statusCode() + " " + response.body());
            return false;
          }
        }
      } catch (IOException lost) {
        repeated.incrementAndGet();
      }
      pause(Duration.ofMillis(100).toNanos());
    }
    wrong.add(id + " was never answered");
    return false;
  }

  private static void awaitDone(Leat leat, RedisClient observer, String what) {
    try {
      until("nothing is left to do", () -> isDone(leat));
    } catch (ConditionTimeoutException late) {
      String left = observer.describe(StreamKeys.of(Topic.of(OrderWorker.TOPIC).incoming()));
      throw new AssertionError("something is left to do, " + what + "\n" + left, late);
    }
  }

  private static boolean isDone(Leat leat) {
    return result(leat.broker().health(Topic.of(OrderWorker.TOPIC).incoming())).groups().stream()
        .allMatch(group -> group.unfinished().orElseThrow() == 0);
  }

  private static Map<String, Integer> effects(Leat leat) {
    Map<String, Integer> effects = new HashMap<>();
    Position from = Position.START;
    StreamRef ledger = Topic.of(OrderWorker.LEDGER).incoming();
    List<Entry> page = result(leat.broker().range(ledger, from, 1_000));
    while (!page.isEmpty()) {
      page.forEach(
          entry ->
              effects.merge(PayloadCodec.read(entry.message(), Order.class).id(), 1, Integer::sum));
      from = Position.after(page.getLast().id());
      page = result(leat.broker().range(ledger, from, 1_000));
    }
    return effects;
  }

  private static void pause(long nanos) {
    long until = System.nanoTime() + nanos;
    for (long left = nanos; left > 0; left = until - System.nanoTime()) {
      LockSupport.parkNanos(left);
    }
  }
}
