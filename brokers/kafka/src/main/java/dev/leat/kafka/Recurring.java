package dev.leat.kafka;

import dev.leat.broker.EventLoop;
import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Supplier;

/** Does something on a loop again and again, each so long after the one before has ended. */
final class Recurring {
  private final EventLoop loop;
  private final Duration pause;
  private final Supplier<CompletionStage<?>> task;
  private boolean begun;
  private volatile boolean closed;

  Recurring(EventLoop loop, Duration pause, Supplier<CompletionStage<?>> task) {
    this.loop = loop;
    this.pause = pause;
    this.task = task;
  }

  /** Begins, unless it has. */
  synchronized void begin() {
    if (!begun) {
      begun = true;
      again();
    }
  }

  private void again() {
    if (!closed) {
      try {
        var unused = loop.schedule(pause, this::turn);
      } catch (RejectedExecutionException ended) {
        closed = true;
      }
    }
  }

  private void turn() {
    if (!closed) {
      var unused = task.get().whenComplete((done, failure) -> again());
    }
  }

  boolean isClosed() {
    return closed;
  }

  void close() {
    closed = true;
  }
}
