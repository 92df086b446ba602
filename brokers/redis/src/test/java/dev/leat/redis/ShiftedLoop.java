package dev.leat.redis;

import dev.leat.broker.EventLoop;
import dev.leat.broker.ThreadLoop;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;

/** A loop on a machine whose clock is not set. */
final class ShiftedLoop implements EventLoop, AutoCloseable {
  private final ThreadLoop loop = new ThreadLoop("shifted", true);
  private final Duration ahead;

  ShiftedLoop(Duration ahead) {
    this.ahead = ahead;
  }

  @Override
  public boolean inLoop() {
    return loop.inLoop();
  }

  @Override
  public void execute(Runnable task) {
    loop.execute(task);
  }

  @Override
  public Timer schedule(Duration delay, Runnable task) {
    return loop.schedule(delay, task);
  }

  @Override
  public InstantSource clock() {
    return this::now;
  }

  @Override
  public InstantSource wallClock() {
    return this::now;
  }

  private Instant now() {
    return loop.clock().instant().plus(ahead);
  }

  @Override
  public void close() {
    loop.close();
  }
}
