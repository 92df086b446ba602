package dev.leat.broker;

import dev.leat.Durations;
import java.time.Duration;
import java.util.Optional;

/**
 * How much of what it can do a broker can do. What is asked for beyond it is refused when a worker
 * or a gateway starts.
 *
 * @param shortestLease of a delivery; leases are multiples of it
 * @param longestLease of a delivery
 * @param longestDelay that a release may have
 * @param deliveries of one message to a group, after which the broker itself gives it up; more than
 *     anybody asks for where it does not
 * @param largestMessage bytes of a payload, as far as that is known beforehand
 * @param healthPause how long what it said of a stream's health is good for: to ask more often is
 *     of no use, or costs money
 */
public record BrokerLimits(
    Duration shortestLease,
    Duration longestLease,
    Duration longestDelay,
    int deliveries,
    long largestMessage,
    Duration healthPause) {
  /** Of a broker that does whatever is asked of it. */
  public static final BrokerLimits NONE =
      new BrokerLimits(
          Duration.ofMillis(1),
          Durations.FOREVER,
          Durations.FOREVER,
          Integer.MAX_VALUE,
          Long.MAX_VALUE,
          Duration.ZERO);

  /** The same with another largest payload. */
  public BrokerLimits withLargestMessage(long bytes) {
    return new BrokerLimits(
        shortestLease, longestLease, longestDelay, deliveries, bytes, healthPause);
  }

  /** Why it has no such lease, and which it has; empty where it has. */
  public Optional<String> refusedLease(Duration asked) {
    Duration lease = Durations.bounded(asked);
    if (lease.compareTo(shortestLease) < 0) {
      return Optional.of(
          "a lease of %s is too short, it is %s at least".formatted(lease, shortestLease));
    }
    if (lease.compareTo(longestLease) > 0) {
      return Optional.of(
          "a lease of %s is too long, it is %s at most".formatted(lease, longestLease));
    }
    return lease.toMillis() % shortestLease.toMillis() == 0
        ? Optional.empty()
        : Optional.of("a lease of %s is not a multiple of %s".formatted(lease, shortestLease));
  }
}
