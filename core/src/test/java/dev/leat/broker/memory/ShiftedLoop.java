package dev.leat.broker.memory;

import dev.leat.broker.EventLoop;
import java.time.Duration;
import java.time.InstantSource;

/** A loop whose clock is ahead of another's, or behind it. */
record ShiftedLoop(EventLoop loop, Duration ahead) implements EventLoop {
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
    return () -> loop.clock().instant().plus(ahead);
  }
}
