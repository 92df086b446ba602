package dev.leat.system;

import static dev.leat.testkit.Awaiting.result;

import dev.leat.Leat;
import dev.leat.Position;
import dev.leat.StreamRef;
import dev.leat.Topic;
import dev.leat.broker.Entry;
import dev.leat.system.OrderWorker.Order;
import dev.leat.wire.PayloadCodec;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/** Clients of a fleet, of which each asks for one thing after the other until it is answered. */
final class Orders {
  private final Fleet fleet;
  private final List<Thread> clients = new ArrayList<>();
  private final AtomicBoolean over = new AtomicBoolean();
  private final AtomicInteger begun = new AtomicInteger();
  private final AtomicInteger repeated = new AtomicInteger();
  private final Set<String> done = ConcurrentHashMap.newKeySet();
  private final List<String> wrong = new CopyOnWriteArrayList<>();

  /** So many begin. */
  Orders(Fleet fleet, int clients) {
    this.fleet = fleet;
    for (int i = 0; i < clients; i++) {
      int number = i;
      this.clients.add(Thread.startVirtualThread(() -> order(number)));
    }
  }

  /** Nothing more is asked; waits until all has an answer. */
  void end() throws InterruptedException {
    over.set(true);
    for (Thread client : clients) {
      client.join();
    }
  }

  int begun() {
    return begun.get();
  }

  int repeated() {
    return repeated.get();
  }

  /** Ids of what was answered as it should be. */
  Set<String> done() {
    return done;
  }

  /** What must not be. */
  List<String> wrong() {
    return wrong;
  }

  private void order(int client) {
    for (int i = 0; !over.get(); i++) {
      String id = client + "-" + i;
      begun.incrementAndGet();
      try {
        if (isPlaced(id)) {
          done.add(id);
        }
      } catch (InterruptedException interrupted) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }

  /** Asks for the same until it is answered, here or there. */
  private boolean isPlaced(String id) throws InterruptedException {
    String json = "{\"id\":\"%s\",\"text\":\"text of %s\"}".formatted(id, id);
    String last = "";
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
          case 409, 500, 503, 504 -> {
            last = response.statusCode() + " " + response.body();
            repeated.incrementAndGet();
          }
          default -> {
            wrong.add(id + " got " + response.statusCode() + " " + response.body());
            return false;
          }
        }
      } catch (IOException lost) {
        last = String.valueOf(lost);
        repeated.incrementAndGet();
      }
      pause(Duration.ofMillis(100).toNanos());
    }
    wrong.add(id + " was never answered, at last " + last);
    return false;
  }

  /** Whether every group has done all. */
  static boolean areHandled(Leat leat) {
    return result(leat.broker().health(Topic.of(OrderWorker.TOPIC).incoming())).groups().stream()
        .allMatch(group -> group.unfinished().orElseThrow() == 0);
  }

  /** How often each had its effect. */
  static Map<String, Integer> effects(Leat leat) {
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

  static void pause(long nanos) {
    long until = System.nanoTime() + nanos;
    for (long left = nanos; left > 0; left = until - System.nanoTime()) {
      LockSupport.parkNanos(left);
    }
  }
}
