package dev.leat.broker.memory;

import dev.leat.BrokerUnavailable;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes one thread at a time hand over what readers have asked for. Hot path: whoever causes a
 * hand-over does it on its own thread, unless another is at it, which then goes round once more.
 *
 * <p>After a few rounds the work moves to another thread: others may keep one going for ever, and
 * the thread it happens on may be an event loop.
 */
final class Pump {
  private static final Logger log = LoggerFactory.getLogger(Pump.class);
  private static final int ROUNDS = 16;

  private final Supplier<List<Runnable>> collect;
  private final Executor elsewhere;
  private final AtomicInteger asked = new AtomicInteger();

  /**
   * A pump that stands still.
   *
   * @param collect the hand-overs that are due; none when there is nothing to do
   */
  Pump(Supplier<List<Runnable>> collect, Executor elsewhere) {
    this.collect = collect;
    this.elsewhere = elsewhere;
  }

  void run() {
    if (asked.getAndIncrement() == 0) {
      turn();
    }
  }

  private void turn() {
    int seen = asked.get();
    for (int round = 0; round < ROUNDS; round++) {
      List<Runnable> due = collected();
      if (due.isEmpty()) {
        seen = asked.addAndGet(-seen);
        if (seen == 0) {
          return;
        }
      } else {
        due.forEach(Pump::handOver);
      }
    }
    try {
      elsewhere.execute(this::turn);
    } catch (RuntimeException | Error failure) {
      log.warn("no other thread to hand over on, it goes on here", failure);
      turn();
    }
  }

  /** Whoever cannot be handed anything now must not keep others from it for good. */
  private List<Runnable> collected() {
    try {
      return collect.get();
    } catch (BrokerUnavailable ended) {
      // Nothing is handed over any more; whoever may be told was told by whoever ended it.
      log.debug("nothing is handed over any more", ended);
      return List.of();
    } catch (RuntimeException | Error failure) {
      log.error("what is due cannot be seen", failure);
      return List.of();
    }
  }

  private static void handOver(Runnable batch) {
    try {
      batch.run();
    } catch (RuntimeException | Error failure) {
      log.error("a listener failed; what it was handed comes again when its lease lapses", failure);
    }
  }
}
