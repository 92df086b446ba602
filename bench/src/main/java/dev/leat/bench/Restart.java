package dev.leat.bench;

import dev.leat.Headers;
import dev.leat.Message;
import dev.leat.Payload;
import dev.leat.Topic;
import dev.leat.broker.Append;
import dev.leat.broker.Broker;
import dev.leat.broker.Brokers;
import dev.leat.broker.Delivery;
import dev.leat.broker.Lane;
import dev.leat.broker.Membership;
import dev.leat.broker.Subscription;
import dev.leat.broker.ThreadLoop;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * How long {@code file:} takes to start with very much in its folder, and what of it is in memory.
 */
final class Restart {
  private static final int OPEN = 1_000_000;
  private static final long KEPT = 1L << 30;
  private static final int PAYLOAD = 200;
  private static final int KEPT_PAYLOAD = 2_000;
  private static final int BATCH = 1_000;
  private static final Topic TOPIC = Topic.of("restart");

  private Restart() {}

  static void measure(PrintWriter screen, Path folder) throws InterruptedException {
    try (ThreadLoop loop = new ThreadLoop("restart", true)) {
      String open = "file:" + folder.resolve("restart-open") + "?bytes=1000000000";
      try (Broker broker = Brokers.open(open, loop)) {
        for (int i = 0; i < OPEN; i += BATCH) {
          append(broker, loop, PAYLOAD);
        }
      }
      say(screen, loop, open, OPEN + " open messages");
      String kept = "file:" + folder.resolve("restart-kept") + "?keep=24h&keep-bytes=" + 2 * KEPT;
      try (Broker broker = Brokers.open(kept, loop)) {
        complete(broker, loop, KEPT / KEPT_PAYLOAD);
      }
      say(screen, loop, kept, "1 GB kept");
    }
  }

  private static void say(PrintWriter screen, ThreadLoop loop, String url, String what) {
    for (int i = 0; i < 3; i++) {
      long before = used();
      long begin = System.nanoTime();
      try (Broker broker = Brokers.open(url, loop)) {
        double took = (System.nanoTime() - begin) / 1e9;
        long length =
            broker.health(TOPIC.incoming()).toCompletableFuture().join().length().orElse(0);
        screen.printf(
            Locale.ROOT,
            "%s: open again in %.2f s, %d messages in memory, heap %d MB more%n",
            what,
            took,
            length,
            (used() - before) >> 20);
        screen.flush();
      }
    }
  }

  private static long used() {
    System.gc();
    return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
  }

  private static void append(Broker broker, ThreadLoop loop, int size) {
    Payload payload = Payload.text("x".repeat(size));
    List<Append> batch = new ArrayList<>();
    for (int i = 0; i < BATCH; i++) {
      batch.add(
          new Append(
              TOPIC.incoming(),
              new Message(
                  "0190d5c0-0000-7000-8000-000000000000", "x", "", Headers.NONE, "", payload)));
    }
    Lane lane = broker.openLane(loop, "restart", replies -> {});
    CompletableFuture.supplyAsync(() -> lane.append(batch), loop)
        .thenCompose(appended -> appended)
        .join();
    lane.close();
  }

  private static void complete(Broker broker, ThreadLoop loop, long messages)
      throws InterruptedException {
    LinkedBlockingQueue<Delivery> held = new LinkedBlockingQueue<>();
    try (Subscription member = broker.subscribe(Membership.of(TOPIC, "g", "m"), held::addAll)) {
      for (long done = 0; done < messages; done += BATCH) {
        append(broker, loop, KEPT_PAYLOAD);
        member.request(BATCH);
        List<CompletionStage<Boolean>> ends = new ArrayList<>();
        for (int i = 0; i < BATCH; i++) {
          ends.add(held.take().complete(List.of()));
        }
        ends.forEach(end -> end.toCompletableFuture().join());
      }
    }
  }
}
