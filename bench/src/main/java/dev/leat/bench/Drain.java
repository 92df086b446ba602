package dev.leat.bench;

import dev.leat.Leat;
import dev.leat.Payload;
import dev.leat.Worker;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;

/** How fast a group drains what waits for it, with and without order by key. */
public final class Drain {
  private static final int ROUNDS = 5;
  private static final Payload PAYLOAD =
      Payload.json("{\"number\":12345,\"text\":\"some text of about fifty bytes\"}");

  private Drain() {}

  /** Drains streams of the broker whose URL is the argument. */
  public static void main(String... arguments) throws InterruptedException {
    try (Leat leat = Leat.connect(arguments[0])) {
      for (int round = 0; round < ROUNDS; round++) {
        drain(leat, false, 1_000, 20_000);
        drain(leat, true, 1_000, 20_000);
        drain(leat, true, 1, 3_000);
      }
    }
  }

  private static void drain(Leat leat, boolean ordered, int keys, int messages)
      throws InterruptedException {
    String topic = "drain-" + leat.ids().next();
    for (int i = 0; i < messages; i++) {
      leat.caller().withKey("key-" + i % keys).send(topic, "count", PAYLOAD);
    }
    CountDownLatch left = new CountDownLatch(messages);
    Worker worker =
        leat.worker(topic)
            .members(2)
            .onOneWay("count", Payload.class, (payload, request) -> left.countDown());
    if (ordered) {
      worker.ordered();
    }
    long begin = System.nanoTime();
    worker.start();
    left.await();
    double seconds = (System.nanoTime() - begin) / (double) Duration.ofSeconds(1).toNanos();
    worker.close();
    System.out.printf(
        "ordered=%s keys=%d messages=%d per_second=%.0f%n",
        ordered, keys, messages, messages / seconds);
  }
}
