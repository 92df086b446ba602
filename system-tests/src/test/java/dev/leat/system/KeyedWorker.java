package dev.leat.system;

import dev.leat.Handling;
import dev.leat.Leat;
import dev.leat.Reply;
import dev.leat.Retry;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.LockSupport;

/** A worker that keeps order, and notes what it has done of each key; as a process of its own. */
public final class KeyedWorker {
  static final String TOPIC = "accounts";
  static final String LEDGER = "statements";
  static final Duration LEASE = Duration.ofSeconds(2);

  private KeyedWorker() {}

  /** Works on the broker that is its argument; one in twenty fails at first. */
  public static void main(String... arguments) {
    Leat leat = Leat.connect(arguments[0]);
    Runtime.getRuntime().addShutdownHook(new Thread(leat::close));
    leat.worker(TOPIC)
        .ordered()
        .concurrency(16)
        .lease(LEASE)
        .on(
            "entry.add",
            String.class,
            (text, request) -> {
              ThreadLocalRandom random = ThreadLocalRandom.current();
              LockSupport.parkNanos(Duration.ofMillis(random.nextInt(10)).toNanos());
              if (random.nextInt(20) == 0) {
                throw new IllegalStateException("by chance");
              }
              return Reply.empty().andSend(LEDGER, "entry.added", text);
            },
            Handling.retrying(
                Retry.times(10).withWaits(Duration.ofMillis(20), Duration.ofMillis(200))))
        .start();
    System.out.println("ready");
  }
}
