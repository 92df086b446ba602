package dev.leat.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.ConnectException;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every process is replaced by another, one after the other, while requests come. */
class RollingDeployTest {
  private static final int CLIENTS = 16;

  @TempDir private Path folder;
  private final List<String> failures = new CopyOnWriteArrayList<>();
  private final AtomicInteger answered = new AtomicInteger();
  private final AtomicBoolean over = new AtomicBoolean();

  @Test
  void no_request_fails_while_gateways_and_workers_are_told_to_end_and_are_replaced()
      throws InterruptedException {
    try (RedisStage redis = new RedisStage(folder);
        Fleet fleet = new Fleet(folder, redis.urlOfWay(), 2, 0, false)) {
      List<Thread> clients = new ArrayList<>();
      for (int i = 0; i < CLIENTS; i++) {
        int number = i;
        clients.add(Thread.startVirtualThread(() -> order(fleet, number)));
      }
      awaitMore();
      for (int i = 0; i < 2; i++) {
        fleet.workers().get(i).signal("TERM");
        assertThat(fleet.workers().get(i).exitCode()).isEqualTo(143);
        fleet.replaceWorker(i);
        awaitMore();
        fleet.gateways().get(i).signal("TERM");
        assertThat(fleet.gateways().get(i).exitCode()).isEqualTo(143);
        fleet.replaceGateway(i);
        awaitMore();
      }
      over.set(true);
      for (Thread client : clients) {
        client.join();
      }
    }
    assertThat(failures).isEmpty();
  }

  private void awaitMore() {
    int before = answered.get();
    dev.leat.testkit.Awaiting.until(
        "requests are answered", () -> answered.get() > before + 300 || !failures.isEmpty());
  }

  /** One that cannot connect has sent nothing, and goes elsewhere, as a load balancer does. */
  private void order(Fleet fleet, int client) {
    int gateway = client % 2;
    for (int i = 0; !over.get(); i++) {
      String id = client + "-" + i;
      try {
        HttpResponse<String> response =
            fleet.order(gateway, id, "{\"id\":\"%s\",\"text\":\"x\"}".formatted(id));
        if (response.statusCode() == 201) {
          answered.incrementAndGet();
        } else {
          failures.add(response.statusCode() + " " + response.body());
        }
      } catch (ConnectException closed) {
        gateway = 1 - gateway;
      } catch (IOException lost) {
        failures.add(String.valueOf(lost));
      } catch (InterruptedException interrupted) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }
}
