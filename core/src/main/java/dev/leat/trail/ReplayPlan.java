package dev.leat.trail;

import dev.leat.Topic;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/**
 * Which recorded requests are sent again, and how.
 *
 * @param topic that they were sent to
 * @param from when the first was accepted, by the broker's clock
 * @param to when the last was
 * @param types theirs; empty for all
 * @param ids theirs; empty for all
 * @param where what their payloads say, all of it: {@link dev.leat.wire.PayloadCondition}
 * @param into topic that they are sent to
 * @param group the only one whose workers handle them; empty for those of all
 * @param rate how many a second, at most
 * @param backlog so many may wait at a group of the topic; while there are more none is sent
 * @param compares whether their replies are compared with the recorded ones
 * @param keys what becomes of their idempotency keys
 * @param deadlines what becomes of their deadlines
 * @param patience how long a reply is waited for, once the last request was sent
 */
public record ReplayPlan(
    Topic topic,
    Instant from,
    Instant to,
    List<String> types,
    List<String> ids,
    List<String> where,
    Topic into,
    String group,
    double rate,
    long backlog,
    boolean compares,
    Keys keys,
    Deadlines deadlines,
    Duration patience) {
  private static final double MOST_A_SECOND = 1_000_000;

  /** What becomes of an idempotency key. */
  public enum Keys {
    /** It is made anew, the same for all that had the same: each is done once more. */
    ANEW,
    /** It stays: an idempotent handler that knows it answers as before. */
    KEEP
  }

  /** What becomes of a deadline. */
  public enum Deadlines {
    /** As long as it had from when it was accepted, each has from when it is sent again. */
    ANEW,
    /** It stays, though it has passed mostly. */
    KEEP,
    /** There is none. */
    NONE
  }

  /** Refuses what cannot be done. */
  public ReplayPlan {
    types = List.copyOf(types);
    ids = List.copyOf(ids);
    where = List.copyOf(where);
    if (!from.isBefore(to)) {
      throw new IllegalArgumentException("the replay ends at %s, before it begins".formatted(to));
    }
    if (!(rate > 0 && rate <= MOST_A_SECOND)) {
      throw new IllegalArgumentException(
          "a replay's rate is above 0, and at most a million a second, was " + rate);
    }
    if (backlog < 1) {
      throw new IllegalArgumentException("a replay's backlog is at least 1, was " + backlog);
    }
  }

  /** The same with another backlog. */
  public ReplayPlan withBacklog(long most) {
    return new ReplayPlan(
        topic, from, to, types, ids, where, into, group, rate, most, compares, keys, deadlines,
        patience);
  }

  /** The same, and its replies are compared with the recorded ones. */
  public ReplayPlan comparing() {
    return new ReplayPlan(
        topic, from, to, types, ids, where, into, group, rate, backlog, true, keys, deadlines,
        patience);
  }

  /** All of a topic between two times, to be sent to it again. */
  public static ReplayPlan of(Topic topic, Instant from, Instant to) {
    return new ReplayPlan(
        topic,
        from,
        to,
        List.of(),
        List.of(),
        List.of(),
        topic,
        "",
        100,
        100,
        false,
        Keys.ANEW,
        Deadlines.ANEW,
        Duration.ofSeconds(30));
  }
}
