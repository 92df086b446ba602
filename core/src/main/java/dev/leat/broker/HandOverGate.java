package dev.leat.broker;

import java.util.concurrent.locks.ReentrantLock;

/**
 * Open until it is closed: what is handed over is handed over while it is open, and nothing is once
 * {@link #close} has returned. Any thread.
 */
public final class HandOverGate {
  private final ReentrantLock handing = new ReentrantLock();
  private volatile boolean closed;

  /** An open one. */
  public HandOverGate() {}

  /**
   * Does something while it cannot be closed, if it is open.
   *
   * @return whether it was done
   */
  public boolean whileOpen(Runnable action) {
    handing.lock();
    try {
      if (closed) {
        return false;
      }
      action.run();
      return true;
    } finally {
      handing.unlock();
    }
  }

  /** Waits for what is being handed over, unless that is what closes it. */
  public void close() {
    handing.lock();
    try {
      closed = true;
    } finally {
      handing.unlock();
    }
  }

  /** Whether nothing more is handed over. */
  public boolean isClosed() {
    return closed;
  }
}
