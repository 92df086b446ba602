package dev.leat.worker;

import dev.leat.broker.Subscription;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A member's places for handlers. Each is at work, asked for, or free; so there are always as many.
 * Any thread.
 */
final class Demand {
  private final int portion;
  private final AtomicInteger free;
  private final AtomicInteger requested = new AtomicInteger();

  Demand(int places) {
    this.free = new AtomicInteger(places);
    // Each request is a call to the broker; a larger portion would let handlers run dry.
    this.portion = Math.max(1, places / 8);
  }

  /** So many that were asked for are at work. */
  void taken(int count) {
    requested.addAndGet(-count);
  }

  /** So many are done. */
  void freed(int count) {
    free.addAndGet(count);
  }

  /** One is done; whether it is worth a call to ask for what is free. */
  boolean freedOne() {
    return free.incrementAndGet() >= portion;
  }

  /** Nothing comes any more of what was asked for. */
  void forget() {
    free.addAndGet(requested.getAndSet(0));
  }

  /** Asks for all that is free. */
  void request(Subscription subscription) {
    // Below 0 where what an ended subscription still brought had been given back already.
    int owed = Math.min(0, requested.getAndUpdate(count -> Math.max(0, count)));
    int more = free.getAndSet(0) + owed;
    if (more > 0) {
      requested.addAndGet(more);
      subscription.request(more);
    } else {
      free.addAndGet(more);
    }
  }
}
