package dev.leat.trail;

import dev.leat.BadConfiguration;
import dev.leat.Topic;
import dev.leat.broker.Broker;
import dev.leat.broker.GroupHealth;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;

/**
 * What waits where a replay sends, so that it never outruns those who do it. Blocks; one thread.
 */
final class Backlog {
  /** It is not asked for more often. */
  private static final Duration PAUSE = Duration.ofMillis(100);

  private final Broker broker;
  private final Topic topic;
  private final String group;
  private final long most;
  private final long pause;

  private long askedAt = Long.MIN_VALUE;
  private long room;
  private long open;

  private Backlog(Broker broker, ReplayPlan plan) {
    this.broker = broker;
    this.topic = plan.into();
    this.group = plan.group();
    this.most = plan.backlog();
    Duration least = broker.limits().healthPause();
    this.pause = (least.compareTo(PAUSE) > 0 ? least : PAUSE).toNanos();
  }

  static Backlog of(Broker broker, ReplayPlan plan) {
    return new Backlog(broker, plan);
  }

  /**
   * What is sent where nobody reads is done by nobody.
   *
   * @throws BadConfiguration if that is so
   */
  void refuseUnlessRead() {
    refuseUnless(!groups().isEmpty());
  }

  private void refuseUnless(boolean isRead) {
    if (!isRead && !group.isEmpty()) {
      throw new BadConfiguration(
          "topic %s has no group '%s' that answers; start its workers first"
              .formatted(topic, group));
    }
    if (!isRead) {
      throw new BadConfiguration(
          "nobody reads topic %s, so nothing would be done: start its workers first"
              .formatted(topic));
    }
  }

  /** How many more may be sent, at a time of the system's. */
  long room(long nanos) {
    if (askedAt == Long.MIN_VALUE || nanos - askedAt >= pause) {
      askedAt = nanos;
      List<GroupHealth> groups = groups();
      refuseUnless(!groups.isEmpty());
      open = groups.stream().mapToLong(Backlog::unfinished).max().orElse(0);
      room = most - open;
    }
    return Math.max(0, room);
  }

  /** How many were open when that was asked last. */
  long open() {
    return open;
  }

  /** So many were. */
  void sent(long many) {
    room -= many;
  }

  private static long unfinished(GroupHealth health) {
    return health
        .unfinished()
        .orElseGet(() -> health.pending().orElse(0) + health.backlog().orElse(0));
  }

  private List<GroupHealth> groups() {
    return StreamScan.result(broker.health(topic.incoming())).groups().stream()
        .filter(GroupHealth::answers)
        .filter(one -> group.isEmpty() || one.group().equals(group))
        .collect(Collectors.toList());
  }
}
