package dev.leat.gateway.admission;

import dev.leat.gateway.route.Route;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Counts the requests that wait for their replies, over all event loops, and takes no more than
 * each route and the gateway as a whole may have. Any thread.
 */
public final class Admission {
  /** Seconds; a place becomes free with any reply. */
  private static final long SOON = 1;

  private final int most;
  private final AtomicInteger all = new AtomicInteger();
  private final Map<Route, AtomicInteger> waiting = new ConcurrentHashMap<>();

  /**
   * Nothing waits yet.
   *
   * @param most requests that may wait at a time
   */
  public Admission(int most) {
    this.most = most;
  }

  /**
   * Seconds after which to try again, if the request cannot be taken; else it counts as waiting,
   * until {@link #ended} is called for it.
   */
  public OptionalLong admit(Route route) {
    AtomicInteger own = waiting.computeIfAbsent(route, one -> new AtomicInteger());
    if (all.incrementAndGet() <= most) {
      if (own.incrementAndGet() <= route.inFlightLimit()) {
        return OptionalLong.empty();
      }
      own.decrementAndGet();
    }
    all.decrementAndGet();
    return OptionalLong.of(SOON);
  }

  /** A request that was admitted waits no more. */
  public void ended(Route route) {
    all.decrementAndGet();
    AtomicInteger own = waiting.get(route);
    if (own != null) {
      own.decrementAndGet();
    }
  }
}
