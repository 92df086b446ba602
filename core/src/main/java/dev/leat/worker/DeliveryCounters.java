package dev.leat.worker;

import dev.leat.Telemetry;
import dev.leat.WorkerCounts;
import java.util.concurrent.atomic.LongAdder;

/** Counts how deliveries end. Any thread. */
final class DeliveryCounters {
  final LongAdder replied = new LongAdder();
  final LongAdder retried = new LongAdder();
  final LongAdder deadLettered = new LongAdder();
  final LongAdder expired = new LongAdder();
  final LongAdder cancelled = new LongAdder();
  final LongAdder late = new LongAdder();

  LongAdder of(Telemetry.Outcome outcome) {
    return switch (outcome) {
      case REPLIED -> replied;
      case RETRIED -> retried;
      case DEAD_LETTERED -> deadLettered;
      case EXPIRED -> expired;
      case CANCELLED -> cancelled;
      case LATE -> late;
    };
  }

  WorkerCounts counts() {
    return new WorkerCounts(
        replied.sum(),
        retried.sum(),
        deadLettered.sum(),
        expired.sum(),
        cancelled.sum(),
        late.sum());
  }

  /** For an operator's log. */
  @Override
  public String toString() {
    return "replied=%s retried=%s dead_lettered=%s expired=%s cancelled=%s late=%s"
        .formatted(replied, retried, deadLettered, expired, cancelled, late);
  }
}
