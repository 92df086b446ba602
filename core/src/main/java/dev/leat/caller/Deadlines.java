package dev.leat.caller;

import dev.leat.broker.EventLoop;
import java.time.Duration;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Calls by when nobody waits for them any more: a hashed timing wheel (G. Varghese, T. Lauck,
 * Hashed and Hierarchical Timing Wheels, 1987). One timer of the loop serves all, since most calls
 * are answered long before; a call is told up to a tick late and never early. Hot path: to add and
 * to remove costs a few writes. Confined to its loop.
 */
final class Deadlines {
  /** Milliseconds: how late a call may be told. */
  static final long TICK = 10;

  /** A power of two; a call that is further ahead stays for another round. */
  private static final int SLOTS = 1_024;

  private static final Duration PAUSE = Duration.ofMillis(TICK);

  private final EventLoop loop;
  private final Consumer<PendingCall> expired;
  private final @Nullable PendingCall[] slots = new PendingCall[SLOTS];
  private int size;
  private boolean ticking;

  /** The last tick whose slot was looked at. */
  private long ticked;

  /**
   * No deadlines yet.
   *
   * @param expired told of each call whose time is over; it has been removed by then
   */
  Deadlines(EventLoop loop, Consumer<PendingCall> expired) {
    this.loop = loop;
    this.expired = expired;
  }

  /**
   * Has a call told at a time, in epoch milliseconds; one that is over by then at the next tick.
   */
  void add(PendingCall call, long at) {
    long now = loop.clock().millis() / TICK;
    if (size == 0) {
      ticked = now;
    }
    long tick = Math.max(-Math.floorDiv(-at, TICK), ticked + 1);
    int slot = slot(tick);
    call.dueAt(tick, slots[slot]);
    slots[slot] = call;
    size++;
    if (!ticking) {
      tickLater();
    }
  }

  /** Forgets a call; harmless if it is not there. */
  void remove(PendingCall call) {
    if (!call.isDue()) {
      return;
    }
    int slot = slot(call.tick());
    PendingCall next = call.unlink();
    if (slots[slot] == call) {
      slots[slot] = next;
    }
    size--;
  }

  private void tickLater() {
    ticking = true;
    loop.schedule(PAUSE, this::tick);
  }

  private void tick() {
    ticking = false;
    long now = loop.clock().millis() / TICK;
    // After a long pause each slot is looked at once.
    long first = Math.max(ticked + 1, now - SLOTS + 1);
    ticked = Math.max(ticked, now);
    for (long tick = first; tick <= now; tick++) {
      expire(slot(tick), now);
    }
    if (size > 0 && !ticking) {
      tickLater();
    }
  }

  private void expire(int slot, long now) {
    PendingCall call = slots[slot];
    while (call != null) {
      if (call.tick() <= now) {
        remove(call);
        expired.accept(call);
        // Whoever was told may have taken out others: from the beginning again.
        call = slots[slot];
      } else {
        call = call.next();
      }
    }
  }

  private static int slot(long tick) {
    return (int) (tick & (SLOTS - 1));
  }
}
