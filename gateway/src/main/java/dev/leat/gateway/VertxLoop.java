package dev.leat.gateway;

import dev.leat.Durations;
import dev.leat.broker.EventLoop;
import dev.leat.broker.SteadyClock;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;

/** A Vert.x event loop as Leat's brokers and callers know one. */
final class VertxLoop implements EventLoop {
  private final Vertx vertx;
  private final Context context;
  private final Thread thread;

  /** The loop of the calling thread, which must be an event loop's. */
  VertxLoop(Vertx vertx, Context context) {
    this.vertx = vertx;
    this.context = context;
    this.thread = Thread.currentThread();
  }

  @Override
  public void execute(Runnable task) {
    context.runOnContext(done -> task.run());
  }

  /** By its thread: requests run on copies of the context, which is therefore no sign. */
  @Override
  public boolean inLoop() {
    return Thread.currentThread() == thread;
  }

  @Override
  public Timer schedule(Duration delay, Runnable task) {
    if (inLoop()) {
      long id = vertx.setTimer(millis(delay), fired -> task.run());
      return () -> vertx.cancelTimer(id);
    }
    AtomicBoolean cancelled = new AtomicBoolean();
    execute(
        () ->
            vertx.setTimer(
                millis(delay),
                fired -> {
                  if (!cancelled.get()) {
                    task.run();
                  }
                }));
    return () -> cancelled.set(true);
  }

  @Override
  public InstantSource clock() {
    return SteadyClock.system();
  }

  @Override
  public <T> Optional<T> unwrap(Class<T> kind) {
    return kind.isInstance(context) ? Optional.of(kind.cast(context)) : Optional.empty();
  }

  /** Vert.x counts whole milliseconds from one on; a deadline is better late than early. */
  private static long millis(Duration delay) {
    return Math.max(1, Durations.bounded(delay).plusNanos(999_999).toMillis());
  }
}
