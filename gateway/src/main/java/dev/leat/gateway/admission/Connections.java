package dev.leat.gateway.admission;

import java.net.InetAddress;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Counts the connections of clients, in all and by the address that they come from, and says when
 * there are as many as may be. Any thread.
 */
public final class Connections {
  private final int most;
  private final int mostOfAddress;
  private final AtomicInteger all = new AtomicInteger();
  private final ConcurrentHashMap<InetAddress, Integer> addresses = new ConcurrentHashMap<>();

  /**
   * None yet.
   *
   * @param most connections in all
   * @param mostOfAddress connections of one address
   */
  public Connections(int most, int mostOfAddress) {
    this.most = most;
    this.mostOfAddress = mostOfAddress;
  }

  /** Whether one more may be opened; then it counts until it is {@link #closed}. */
  public boolean open(InetAddress address) {
    if (all.incrementAndGet() <= most) {
      if (addresses.merge(address, 1, Integer::sum) <= mostOfAddress) {
        return true;
      }
      leave(address);
    }
    all.decrementAndGet();
    return false;
  }

  /** One that was open is not any more. */
  public void closed(InetAddress address) {
    leave(address);
    all.decrementAndGet();
  }

  /** How many are open. */
  public int open() {
    return all.get();
  }

  /** Whether so many are open that those which do nothing are in the way of others. */
  public boolean isCrowded() {
    return all.get() > most - most / 4;
  }

  private void leave(InetAddress address) {
    addresses.computeIfPresent(address, (one, count) -> count == 1 ? null : count - 1);
  }
}
