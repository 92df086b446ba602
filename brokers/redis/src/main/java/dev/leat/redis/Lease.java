package dev.leat.redis;

/**
 * What a member knows of its hold on an entry: which attempt it is, and since when. The server
 * alone knows whether it still has it. Any thread.
 */
final class Lease {
  private final String id;
  private final int attempt;
  private final String place;
  private final long duration;

  /** No later than its beginning at the server; the JVM's time, in nanoseconds. */
  private volatile long since;

  /**
   * A lease.
   *
   * @param since when the server was asked for the entry, in nanoseconds: it began no earlier
   * @param duration nanoseconds
   */
  Lease(Claims.Claimed claimed, long since, long duration) {
    this.id = claimed.entry().id();
    this.attempt = claimed.attempt();
    this.place = claimed.place();
    this.since = since;
    this.duration = duration;
  }

  String id() {
    return id;
  }

  int attempt() {
    return attempt;
  }

  /** Where the entry stands in its group's order; empty where there is none. */
  String place() {
    return place;
  }

  long duration() {
    return duration;
  }

  void beganAnew(long asked) {
    since = asked;
  }

  /** Whether nobody else can have had the entry until now. */
  boolean isUnbroken() {
    return System.nanoTime() - since < duration;
  }

  /**
   * Whether nobody else will have it before what is sent now has reached the server: half of it is
   * left for the way, and for this program to be stopped.
   */
  boolean isFresh() {
    return System.nanoTime() - since < duration / 2;
  }
}
