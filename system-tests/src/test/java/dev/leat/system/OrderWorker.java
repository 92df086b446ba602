package dev.leat.system;

import dev.leat.Handling;
import dev.leat.Leat;
import dev.leat.Reply;
import dev.leat.Retry;
import dev.leat.Worker;
import dev.leat.broker.Capability;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.LockSupport;

/** A worker whose one effect is a message that it sends; as a process of its own. */
public final class OrderWorker {
  static final String TOPIC = "orders";
  static final String LEDGER = "ledger";
  static final Duration LEASE = Duration.ofSeconds(2);

  /** What is ordered. */
  public record Order(String id, String text) {}

  private OrderWorker() {}

  /**
   * Works on the broker that is its first argument; of a hundred so many fail as the second says.
   * Keeps order by key where there is a third.
   */
  public static void main(String... arguments) throws InterruptedException {
    Leat leat = Leat.connect(arguments[0]);
    int failing = Integer.parseInt(arguments[1]);
    Runtime.getRuntime().addShutdownHook(new Thread(leat::close));
    Worker worker = leat.worker(TOPIC);
    Handling handling = Handling.retrying(Retry.times(3));
    boolean isIdempotent = leat.broker().capabilities().contains(Capability.NOTES);
    if (arguments.length > 2) {
      worker.ordered();
    }
    worker
        .concurrency(32)
        .lease(LEASE)
        .on(
            "order.place",
            Order.class,
            (order, request) -> {
              LockSupport.parkNanos(
                  Duration.ofMillis(ThreadLocalRandom.current().nextInt(20)).toNanos());
              if (ThreadLocalRandom.current().nextInt(100) < failing) {
                throw new IllegalStateException("by chance");
              }
              return Reply.created("/orders/" + order.id(), order)
                  .andSend(LEDGER, "entry.add", order);
            },
            isIdempotent ? handling.idempotent() : handling)
        .start();
    System.out.println("ready");
  }
}
