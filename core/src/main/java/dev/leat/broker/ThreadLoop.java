package dev.leat.broker;

import dev.leat.Durations;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** An event loop on a thread of its own, for programs that bring none. */
public final class ThreadLoop implements EventLoop, AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(ThreadLoop.class);

  private final ScheduledThreadPoolExecutor executor;
  private volatile @Nullable Thread thread;

  /**
   * Starts a loop.
   *
   * @param name of its thread
   * @param daemon whether the program may end while the loop runs
   */
  public ThreadLoop(String name, boolean daemon) {
    executor =
        new ScheduledThreadPoolExecutor(
            1,
            task -> {
              Thread made = Thread.ofPlatform().name(name).daemon(daemon).unstarted(task);
              thread = made;
              return made;
            });
    executor.setRemoveOnCancelPolicy(true);
    executor.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
  }

  /**
   * An executor that is shut down meanwhile drops what it was given without a word, or leaves it in
   * its queue for good: whoever gave it is told.
   */
  @Override
  public void execute(Runnable task) {
    Future<?> given = executor.schedule(guarded(task), 0, TimeUnit.NANOSECONDS);
    if (executor.isShutdown()
        && (given.isCancelled() || (given instanceof Runnable left && executor.remove(left)))) {
      throw new RejectedExecutionException("the loop has ended");
    }
  }

  @Override
  public boolean inLoop() {
    return Thread.currentThread() == thread;
  }

  @Override
  public Timer schedule(Duration delay, Runnable task) {
    try {
      Future<?> scheduled =
          executor.schedule(
              guarded(task), Durations.bounded(delay).toNanos(), TimeUnit.NANOSECONDS);
      return () -> scheduled.cancel(false);
    } catch (RejectedExecutionException closed) {
      return () -> {};
    }
  }

  @Override
  public InstantSource clock() {
    return SteadyClock.system();
  }

  /** Runs what is queued, drops what waits for its time, then ends the thread. Does not wait. */
  @Override
  public void close() {
    executor.shutdown();
  }

  /**
   * Waits until it has ended, once it is closed.
   *
   * @return whether it has
   */
  boolean awaitEnd(long time, TimeUnit unit) throws InterruptedException {
    return executor.awaitTermination(time, unit);
  }

  private static Runnable guarded(Runnable task) {
    return () -> {
      try {
        task.run();
      } catch (Throwable failure) {
        log.error("a task of an event loop failed", failure);
      }
    };
  }
}
