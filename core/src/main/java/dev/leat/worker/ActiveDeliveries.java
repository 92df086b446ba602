package dev.leat.worker;

import dev.leat.broker.EventLoop;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a member is at work on, until the broker has answered how it ended: its leases are extended
 * meanwhile, and handlers are stopped whose time is over. Any thread.
 */
final class ActiveDeliveries {
  private static final Logger log = LoggerFactory.getLogger(ActiveDeliveries.class);

  /** How late a handler is stopped whose time is over, at most. */
  private static final Duration CHECK_PAUSE = Duration.ofMillis(50);

  private final EventLoop loop;
  private final Set<DeliveryTask> tasks = ConcurrentHashMap.newKeySet();
  private volatile EventLoop.@Nullable Timer extending;
  private volatile EventLoop.@Nullable Timer checking;

  /** Somebody waits for ends, so that they are worth a call. */
  private volatile boolean awaited;

  private volatile boolean stopped;

  ActiveDeliveries(EventLoop loop) {
    this.loop = loop;
  }

  /** Extends leases from here on, and heeds time. */
  void start(Duration lease) {
    // Three times a lease, so that one late turn of the loop costs no message its holder.
    extendIn(lease.dividedBy(3));
    checkLater();
  }

  void stop() {
    stopped = true;
    cancel(extending);
    cancel(checking);
  }

  int size() {
    return tasks.size();
  }

  void addAll(List<DeliveryTask> begun) {
    tasks.addAll(begun);
  }

  void forEach(Consumer<DeliveryTask> action) {
    tasks.forEach(action);
  }

  /** The broker knows how it ended. */
  void remove(DeliveryTask task) {
    tasks.remove(task);
    if (awaited) {
      wake();
    }
  }

  /** Whoever asked with this id has gone, if that holds for the delivery itself. */
  void onCancelled(String id) {
    tasks.stream()
        .filter(task -> task.id().equals(id) && task.isCancelled())
        .forEach(task -> task.stop(StopReason.CANCELLED));
  }

  /** Blocks until all have ended; or until then, or it is to stop, asked whenever it is woken. */
  void awaitEnds(Instant until, BooleanSupplier stop) {
    awaited = true;
    try {
      synchronized (tasks) {
        long left = Duration.between(loop.clock().instant(), until).toMillis();
        while (!tasks.isEmpty() && left > 0 && !stop.getAsBoolean()) {
          tasks.wait(left);
          left = Duration.between(loop.clock().instant(), until).toMillis();
        }
      }
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  void wake() {
    synchronized (tasks) {
      tasks.notifyAll();
    }
  }

  private void extendIn(Duration pause) {
    if (!stopped) {
      extending =
          loop.schedule(
              pause,
              () -> {
                each(DeliveryTask::extend);
                extendIn(pause);
              });
    }
  }

  /** One timer for all that is under way costs less than one for each. */
  private void checkLater() {
    if (!stopped) {
      checking =
          loop.schedule(
              CHECK_PAUSE,
              () -> {
                long now = loop.clock().millis();
                each(task -> task.checkTime(now));
                checkLater();
              });
    }
  }

  /**
   * One that fails must not keep the others from their leases, nor the timer from its next turn.
   */
  private void each(Consumer<DeliveryTask> action) {
    for (DeliveryTask task : tasks) {
      try {
        action.accept(task);
      } catch (RuntimeException failure) {
        log.warn("message={} is not looked after", task.id(), failure);
      }
    }
  }

  private static void cancel(EventLoop.@Nullable Timer timer) {
    if (timer != null) {
      timer.cancel();
    }
  }
}
