package dev.leat.broker;

import dev.leat.BadConfiguration;
import dev.leat.Durations;
import dev.leat.Position;
import dev.leat.Topic;
import java.time.Duration;

/**
 * Who reads a topic, and how.
 *
 * @param topic whose incoming stream is read
 * @param group members of one group share the messages; every group sees all of them
 * @param member unique within the group
 * @param lease how long a delivery may go without being ended or extended before another member
 *     gets it; the same for all members of a group, since some brokers go by the holder's and some
 *     by the claimer's
 * @param start where the group begins, if this subscription is what creates it
 * @param ordered whether messages of one {@link dev.leat.Headers#KEY} are handed over one at a
 *     time, in the stream's order: the next once the one before is completed, whichever member has
 *     it. Needs {@link Capability#KEY_ORDER}; the same for all members of a group
 * @param answers whether the group answers those who ask; not so one that only listens
 */
public record Membership(
    Topic topic,
    String group,
    String member,
    Duration lease,
    Position start,
    boolean ordered,
    boolean answers) {
  /** Long enough for a garbage collection or a slow network, short enough to wait for. */
  public static final Duration DEFAULT_LEASE = Duration.ofSeconds(30);

  /** Refuses empty names and a lease that lapses at once. */
  public Membership {
    if (group.isEmpty() || member.isEmpty()) {
      throw new IllegalArgumentException("group and member must not be empty");
    }
    if (lease.compareTo(Duration.ofMillis(1)) < 0) {
      throw new IllegalArgumentException("a lease is at least 1 ms, was " + lease);
    }
    lease = Durations.bounded(lease);
  }

  /** A member with the default lease, of a group that sees everything that is still there. */
  public static Membership of(Topic topic, String group, String member) {
    return new Membership(topic, group, member, DEFAULT_LEASE, Position.START, false, true);
  }

  /** The same with another lease. */
  public Membership withLease(Duration other) {
    return new Membership(topic, group, member, other, start, ordered, answers);
  }

  /** The same with another beginning. */
  public Membership withStart(Position other) {
    return new Membership(topic, group, member, lease, other, ordered, answers);
  }

  /** What a member is told that would not keep the order that its group keeps. */
  public BadConfiguration breaksOrder() {
    return new BadConfiguration(
        "group '%s' of topic %s keeps order by key: a worker that joins it has to say so too, by ordered() or --ordered, or join another group"
            .formatted(group, topic));
  }

  /** What a member is told under whose name another is at work in the group. */
  public BadConfiguration isNamedAsAnother() {
    return new BadConfiguration(
        "another worker is at work as '%s' in group '%s' of topic %s: name them apart, or leave the name out"
            .formatted(member, group, topic));
  }

  /** The same, one message of a key at a time. */
  public Membership inOrder() {
    return new Membership(topic, group, member, lease, start, true, answers);
  }

  /** The same, of a group that only listens. */
  public Membership listening() {
    return new Membership(topic, group, member, lease, start, ordered, false);
  }
}
