package dev.leat.broker.remote;

import dev.leat.broker.EventLoop;
import java.time.Duration;
import java.time.InstantSource;

/**
 * What a lane takes for its loop whose owner is in another process: what it has to say is sent at
 * once, one after the other.
 */
final class ServedLoop implements EventLoop {
  private final EventLoop timers;

  ServedLoop(EventLoop timers) {
    this.timers = timers;
  }

  @Override
  public synchronized void execute(Runnable task) {
    task.run();
  }

  @Override
  public boolean inLoop() {
    return false;
  }

  @Override
  public Timer schedule(Duration delay, Runnable task) {
    return timers.schedule(delay, () -> execute(task));
  }

  @Override
  public InstantSource clock() {
    return timers.clock();
  }
}
