package dev.leat.system;

import static dev.leat.testkit.Awaiting.until;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.leat.LeatException;
import dev.leat.cli.LeatCommand;
import dev.leat.redis.RedisClient;
import dev.leat.redis.RedisServerProcess;
import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A gateway and a worker with little memory, under all attacks at once. Every honest request gets
 * its right answer, or 503, within its deadline; afterwards everything is as it was. {@code
 * -Dleat.hostile.seconds} says how long, {@code -Dleat.hostile.seed} what random bytes are.
 */
class HostileTest {
  private static final int SECONDS = Integer.getInteger("leat.hostile.seconds", 25);
  private static final long SEED = Long.getLong("leat.hostile.seed", System.nanoTime());
  private static final String ATTACKS = System.getProperty("leat.hostile.attacks", ".*");
  private static final int HEAP = 256;
  private static final int CLIENTS = 8;
  private static final Duration DEADLINE = Duration.ofSeconds(5);

  /** Between two attacks of a kind: two cores are shared with those who are attacked. */
  private static final Duration BREATH = Duration.ofMillis(500);

  /** Between the beginnings of two kinds: what each has to compile is not to come all at once. */
  private static final Duration STEP = Duration.ofMillis(200);

  /** Two cores are shared with those who attack, and at first all of them compile. */
  private static final Duration WARM_UP = Duration.ofSeconds(10);

  private static final Duration MEASURED = Duration.ofSeconds(8);

  @TempDir private Path folder;
  private final AtomicBoolean over = new AtomicBoolean();
  private final AtomicInteger asked = new AtomicInteger();
  private final AtomicInteger answered = new AtomicInteger();
  private final AtomicInteger served = new AtomicInteger();
  private final AtomicInteger refusals = new AtomicInteger();
  private final List<String> violations = new CopyOnWriteArrayList<>();
  private final HttpClient http = client("127.0.0.2");

  /** Whether it is counted how honest clients fare; a wrong answer always is. */
  private volatile boolean counting;

  /** Between two requests of one honest client; none while it is measured what can be served. */
  private volatile long pause;

  @Test
  void honest_clients_are_answered_whatever_others_do() throws Exception {
    try (RedisServerProcess redis =
            RedisServerProcess.start(RedisServerProcess.CURRENT, "--maxmemory", "128mb");
        Child worker = Child.small(folder, HEAP, HostileWorker.class, redis.url())) {
      worker.lineAfter("ready");
      try (Child gateway =
          Child.small(folder, HEAP, LeatCommand.class, "gateway", file(redis).toString())) {
        int port = portOf(gateway.lineAfter("listening on "));
        int management = portOf(gateway.lineAfter("managed at "));
        try (RedisClient stranger = new RedisClient(redis.port())) {
          Map<String, HttpAttacks.Attack> attacks =
              new LinkedHashMap<>(new HttpAttacks(port, SEED).all());
          attacks.putAll(new StreamAttacks(stranger, SEED).all());
          underAttack(gateway, worker, management, port, attacks);
        }
      }
    } finally {
      http.shutdownNow();
    }
  }

  private void underAttack(
      Child gateway,
      Child worker,
      int management,
      int port,
      Map<String, HttpAttacks.Attack> attacks)
      throws Exception {
    List<Thread> clients = new ArrayList<>();
    for (int i = 0; i < CLIENTS; i++) {
      int number = i;
      // Not virtual ones: those are not taken from who has much to do, as attackers have.
      clients.add(Thread.ofPlatform().start(() -> ask(port, number)));
    }
    LockSupport.parkNanos(MEASURED.toNanos());
    int most = served.get();
    pause = MEASURED.toNanos() * CLIENTS / Math.max(1, most);
    long files = files(gateway);
    double threads = metric(management, "jvm_threads_live_threads");

    List<Thread> attackers = new ArrayList<>();
    attacks.forEach(
        (name, attack) -> {
          if (name.matches(ATTACKS)) {
            attackers.add(Thread.startVirtualThread(() -> repeat(attack)));
            LockSupport.parkNanos(STEP.toNanos());
          }
        });
    LockSupport.parkNanos(WARM_UP.toNanos());
    counting = true;
    long end = System.nanoTime() + Duration.ofSeconds(SECONDS).toNanos();
    while (System.nanoTime() < end) {
      LockSupport.parkNanos(Duration.ofSeconds(1).toNanos());
      checkAlive(gateway, worker, management);
    }
    over.set(true);
    for (Thread thread : attackers) {
      thread.join();
    }
    for (Thread client : clients) {
      client.join();
    }
    double share = 100.0 * answered.get() / Math.max(1, asked.get());
    System.out.printf(
        "hostile seed=%d seconds=%d served=%d/s requests=%d answered=%.1f%% cut off=%d violations=%d%n",
        SEED,
        SECONDS,
        most / MEASURED.toSeconds(),
        asked.get(),
        share,
        refusals.get(),
        violations.size());

    if (!violations.isEmpty()) {
      logged().forEach(System.out::println);
    }
    assertThat(violations.stream().limit(10)).isEmpty();
    assertThat(share).as("answered of 100").isGreaterThanOrEqualTo(95);
    until("nothing waits", () -> metric(management, "leat_gateway_buffered_bytes") == 0);
    await("descriptors are as before")
        .atMost(Duration.ofSeconds(90))
        .until(() -> files(gateway) <= files + 16);
    assertThat(metric(management, "jvm_threads_live_threads")).isLessThanOrEqualTo(threads + 8);
  }

  /** What the two processes have logged last, without the stacks. */
  private List<String> logged() throws IOException {
    List<String> lines =
        Files.readAllLines(folder.resolve("processes.log")).stream()
            .filter(line -> line.contains(" WARN ") || line.contains(" ERROR "))
            .toList();
    return lines.subList(Math.max(0, lines.size() - 60), lines.size());
  }

  private void repeat(HttpAttacks.Attack attack) {
    while (!over.get()) {
      try {
        attack.run();
      } catch (IOException | LeatException refused) {
        refusals.incrementAndGet();
      }
      LockSupport.parkNanos(BREATH.toNanos());
    }
  }

  private void ask(int port, int client) {
    for (int i = 0; !over.get(); i++) {
      String text = "\"" + client + "-" + i + "\"";
      boolean counts = counting;
      long began = System.nanoTime();
      String fault = "";
      try {
        HttpResponse<String> response =
            http.send(
                to(port, "/echo")
                    .header("content-type", "application/json")
                    .POST(BodyPublishers.ofString(text))
                    .build(),
                BodyHandlers.ofString());
        if (response.statusCode() == 200 && response.body().equals(text)) {
          served.incrementAndGet();
          answered.addAndGet(counts ? 1 : 0);
        } else if (response.statusCode() != 503) {
          counts |= response.statusCode() != 504;
          fault = " was answered " + response.statusCode() + " " + response.body();
        }
      } catch (IOException none) {
        fault = " was not answered: " + none;
      } catch (InterruptedException interrupted) {
        Thread.currentThread().interrupt();
        return;
      }
      long took = System.nanoTime() - began;
      if (took > DEADLINE.plusSeconds(1).toNanos()) {
        fault += " took " + Duration.ofNanos(took);
      }
      if (counts) {
        asked.incrementAndGet();
      }
      if (counts && !fault.isEmpty()) {
        violations.add(text + fault);
      }
      LockSupport.parkNanos(2 * pause - Math.min(2 * pause, took));
    }
  }

  private void checkAlive(Child gateway, Child worker, int management) {
    if (!gateway.isAlive() || !worker.isAlive()) {
      violations.add("gateway alive=" + gateway.isAlive() + " worker alive=" + worker.isAlive());
      over.set(true);
      return;
    }
    try {
      int status =
          http.send(to(management, "/health/live").GET().build(), BodyHandlers.discarding())
              .statusCode();
      if (status != 200) {
        violations.add("live is " + status);
      }
    } catch (IOException none) {
      violations.add("live is not told: " + none);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private Path file(RedisServerProcess redis) throws IOException {
    return Files.writeString(
        folder.resolve("hostile.yaml"),
        """
        broker: %s
        listen: [{address: "127.0.0.1:0", http2: true}]
        management: 127.0.0.1:0
        clients: {connections: 1000, connections-per-address: 100}
        defaults: {timeout: %ds}
        routes:
          - {method: POST, path: /echo, topic: shared, type: echo}
          - {method: GET, path: /large, topic: shared, type: large}
          - {method: POST, path: /zipped, topic: shared, type: upload, gzip-bodies: true}
          - {method: POST, path: /upload, topic: shared, type: upload}
          - {method: POST, path: /events, topic: shared, type: event, reply: none}
        """
            .formatted(redis.url(), DEADLINE.toSeconds()));
  }

  private double metric(int management, String name) {
    try {
      String all =
          http.send(to(management, "/metrics").GET().build(), BodyHandlers.ofString()).body();
      Matcher found = Pattern.compile("(?m)^" + name + " ([0-9.E]+)").matcher(all);
      assertThat(found.find()).as(name).isTrue();
      return Double.parseDouble(found.group(1));
    } catch (IOException none) {
      return Double.MAX_VALUE;
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      return Double.MAX_VALUE;
    }
  }

  private static long files(Child process) {
    try (Stream<Path> open = Files.list(Path.of("/proc/" + process.pid() + "/fd"))) {
      return open.count();
    } catch (IOException gone) {
      return Long.MAX_VALUE;
    }
  }

  private static HttpRequest.Builder to(int port, String path) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
        .timeout(DEADLINE.plusSeconds(2));
  }

  private static int portOf(String address) {
    return Integer.parseInt(address.replaceAll("(?s).*:(\\d+).*", "$1"));
  }

  private static HttpClient client(String from) {
    try {
      return HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .localAddress(InetAddress.getByName(from))
          .build();
    } catch (IOException unknown) {
      throw new IllegalStateException(unknown);
    }
  }
}
