package dev.leat.system;

import dev.leat.Leat;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/** A worker as a process of its own, which a test can kill. */
public final class SlowWorker {
  static final String TOPIC = "slow";
  static final String TYPE = "slow.work";

  private SlowWorker() {}

  /** Works on the broker that is its one argument; says so for each message that it begins. */
  public static void main(String... arguments) {
    Leat leat = Leat.connect(arguments[0]);
    leat.worker(TOPIC)
        .concurrency(10)
        .lease(Duration.ofSeconds(1))
        .on(
            TYPE,
            String.class,
            (text, request) -> {
              System.out.println("begun " + text);
              LockSupport.parkNanos(Duration.ofMillis(300).toNanos());
              return text + " " + request.attempt();
            })
        .start();
    System.out.println("ready");
  }
}
