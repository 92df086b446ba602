package dev.leat.gateway.ops;

import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Whether event loops go on. Each is asked once a turn, and stands still if it has not answered
 * after so many; turns are counted rather than time, so that it is no fault of theirs where the
 * whole machine stood still. Turns on one thread; asked from any.
 */
final class LoopWatch {
  /** Turns, a second each, without an answer. */
  private static final int MOST = 10;

  /** One loop. */
  private static final class Watched {
    private final Executor loop;
    private volatile boolean answered = true;
    private final AtomicInteger turns = new AtomicInteger();

    Watched(Executor loop) {
      this.loop = loop;
    }
  }

  private final List<Watched> all;

  LoopWatch(List<Executor> loops) {
    this.all = loops.stream().map(Watched::new).toList();
  }

  /** A second has passed. */
  void turn() {
    all.forEach(LoopWatch::turn);
  }

  /** Whether one of them stands still. */
  boolean isStuck() {
    return all.stream().anyMatch(one -> one.turns.get() >= MOST);
  }

  private static void turn(Watched one) {
    if (!one.answered) {
      one.turns.incrementAndGet();
      return;
    }
    one.turns.set(0);
    one.answered = false;
    try {
      one.loop.execute(() -> one.answered = true);
    } catch (RejectedExecutionException ended) {
      // It ends, and is not asked again.
      one.answered = true;
    }
  }
}
