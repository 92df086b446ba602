package dev.leat.broker;

import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/**
 * Takes things from any thread to a loop: what comes before the loop comes round goes over in one
 * turn.
 *
 * <p>Hot path. Where several come at a time, a virtual thread lets others that can run go first
 * before it wakes the loop: handlers that end one after the other would wake it once for each,
 * which costs more than they do.
 */
public final class Batcher<T> {
  private final Queue<T> waiting = new ConcurrentLinkedQueue<>();
  private final AtomicBoolean called = new AtomicBoolean();
  private final Executor loop;
  private final Consumer<List<T>> taker;
  private final Consumer<T> refused;

  /** How many went over the last time. */
  private volatile int last;

  /**
   * An empty one.
   *
   * @param taker called on the loop, never with nothing
   * @param refused called for what comes once the loop has ended, on whatever thread that is
   */
  public Batcher(Executor loop, Consumer<List<T>> taker, Consumer<T> refused) {
    this.loop = loop;
    this.taker = taker;
    this.refused = refused;
  }

  /** Takes one over, soon. */
  public void add(T one) {
    addAll(List.of(one));
  }

  /** Takes these over, soon and in this order. */
  @SuppressWarnings("ThreadPriorityCheck") // Nothing but the size of a batch depends on it.
  public void addAll(List<T> more) {
    waiting.addAll(more);
    if (!called.compareAndSet(false, true)) {
      return;
    }
    if (last > 1 && Thread.currentThread().isVirtual()) {
      Thread.yield();
    }
    try {
      loop.execute(this::handOver);
    } catch (RejectedExecutionException ended) {
      called.set(false);
      all().forEach(refused);
    }
  }

  private void handOver() {
    // Before it is looked what there is: what comes from now on calls again.
    called.set(false);
    List<T> batch = all();
    last = batch.size();
    if (!batch.isEmpty()) {
      taker.accept(batch);
    }
  }

  private List<T> all() {
    List<T> batch = new ArrayList<>();
    for (T one = waiting.poll(); one != null; one = waiting.poll()) {
      batch.add(one);
    }
    return batch;
  }
}
