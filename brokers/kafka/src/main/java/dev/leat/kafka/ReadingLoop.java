package dev.leat.kafka;

import dev.leat.BrokerUnavailable;
import dev.leat.LeatException;
import dev.leat.broker.FaultLog;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/** Reads again what cannot be read, and says so, until told not to. For threads that read. */
final class ReadingLoop {
  private static final Duration PAUSE = Duration.ofMillis(500);

  private ReadingLoop() {}

  /**
   * Reads.
   *
   * @param what is read, as it is logged
   * @param isOver asked before each attempt, and after one that failed
   * @param failed hears why one failed
   */
  static void run(
      String what,
      FaultLog faults,
      BooleanSupplier isOver,
      Runnable read,
      Consumer<LeatException> failed) {
    while (!isOver.getAsBoolean()) {
      try {
        read.run();
      } catch (RuntimeException failure) {
        goOn(what, faults, isOver, KafkaFailures.of(failure), failed);
      } catch (Error broken) {
        goOn(what, faults, isOver, new BrokerUnavailable(broken.toString(), broken), failed);
      }
    }
  }

  private static void goOn(
      String what,
      FaultLog faults,
      BooleanSupplier isOver,
      LeatException failure,
      Consumer<LeatException> failed) {
    if (isOver.getAsBoolean()) {
      return;
    }
    failed.accept(failure);
    // It may be why it is over.
    if (!isOver.getAsBoolean()) {
      faults.warn("{} not read, asking again: {}", what, String.valueOf(failure.getMessage()));
      LockSupport.parkNanos(PAUSE.toNanos());
    }
  }
}
