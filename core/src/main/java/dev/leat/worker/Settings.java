package dev.leat.worker;

import dev.leat.Durations;
import dev.leat.Position;
import dev.leat.Topic;
import dev.leat.Worker;
import dev.leat.broker.Membership;
import java.time.Duration;

/** What all members of a worker have in common. */
record Settings(
    String name,
    String group,
    int concurrency,
    Duration lease,
    Duration drain,
    Position start,
    boolean ordered,
    boolean answers,
    boolean answersAnywhere) {
  static Settings named(String name) {
    return new Settings(
        name,
        Worker.DEFAULT_GROUP,
        Worker.DEFAULT_CONCURRENCY,
        Membership.DEFAULT_LEASE,
        Worker.DEFAULT_DRAIN,
        Position.START,
        false,
        true,
        false);
  }

  Settings withName(String other) {
    return new Settings(
        other, group, concurrency, lease, drain, start, ordered, answers, answersAnywhere);
  }

  Settings withGroup(String other) {
    return new Settings(
        name, other, concurrency, lease, drain, start, ordered, answers, answersAnywhere);
  }

  Settings withConcurrency(int other) {
    if (other < 1) {
      throw new IllegalArgumentException("concurrency must be at least 1, was " + other);
    }
    return new Settings(name, group, other, lease, drain, start, ordered, answers, answersAnywhere);
  }

  Settings withLease(Duration other) {
    return new Settings(
        name, group, concurrency, other, drain, start, ordered, answers, answersAnywhere);
  }

  Settings withDrain(Duration other) {
    if (other.isNegative()) {
      throw new IllegalArgumentException("a drain must not be negative, was " + other);
    }
    return new Settings(
        name,
        group,
        concurrency,
        lease,
        Durations.bounded(other),
        start,
        ordered,
        answers,
        answersAnywhere);
  }

  Settings withStart(Position other) {
    return new Settings(
        name, group, concurrency, lease, drain, other, ordered, answers, answersAnywhere);
  }

  Settings inOrder() {
    return new Settings(
        name, group, concurrency, lease, drain, start, true, answers, answersAnywhere);
  }

  Settings listening() {
    return new Settings(
        name, group, concurrency, lease, drain, start, ordered, false, answersAnywhere);
  }

  Settings answeringAnywhere() {
    return new Settings(name, group, concurrency, lease, drain, start, ordered, answers, true);
  }

  /**
   * Who the member of a number is on a topic; numbers are counted from 1.
   *
   * @param turn counted from 1: who comes after another of its number must not have its name, since
   *     that one may still be at work
   */
  Membership membership(Topic topic, int number, int turn) {
    String member = turn == 1 ? name + "-" + number : name + "-" + number + "~" + turn;
    return new Membership(topic, group, member, lease, start, ordered, answers);
  }
}
