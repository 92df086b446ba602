package dev.leat.worker;

import dev.leat.WorkerEvent;
import dev.leat.broker.EventLoop;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells a listener what becomes of a member, in order, on the loop: what it does there is not to
 * hold up the broker. A listener that throws is its own affair. Any thread.
 */
final class WorkerEvents {
  private static final Logger log = LoggerFactory.getLogger(WorkerEvents.class);

  private final EventLoop loop;
  private final Consumer<WorkerEvent> listener;

  WorkerEvents(EventLoop loop, Consumer<WorkerEvent> listener) {
    this.loop = loop;
    this.listener = listener;
  }

  /** Completes once it was told. */
  CompletionStage<Void> tell(WorkerEvent event) {
    CompletableFuture<Void> told = new CompletableFuture<>();
    Runnable action =
        () -> {
          accept(event);
          told.complete(null);
        };
    try {
      loop.execute(action);
    } catch (RejectedExecutionException ended) {
      action.run();
    }
    return told;
  }

  /** As {@link #tell}, for one that waits for it: on the loop itself it is told at once. */
  CompletionStage<Void> tellLast(WorkerEvent event) {
    if (!loop.inLoop()) {
      return tell(event);
    }
    accept(event);
    return CompletableFuture.completedStage(null);
  }

  private void accept(WorkerEvent event) {
    try {
      listener.accept(event);
    } catch (RuntimeException failure) {
      log.warn("event={} listener failed", event, failure);
    }
  }
}
