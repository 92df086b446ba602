package dev.leat.broker;

import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * How a group is doing. What the broker does not know is empty; what it knows is exact with {@link
 * Capability#EXACT_BACKLOG}, else about right and perhaps some seconds old.
 *
 * @param group its name
 * @param members that are subscribed now
 * @param pending messages handed over and not ended, those that wait for their next attempt
 *     included
 * @param backlog messages never handed over yet
 * @param unfinished messages not ended, be they handed over or not: there where the two are, and
 *     perhaps where they are not
 * @param answers whether it answers those who ask; not so one that only listens
 */
public record GroupHealth(
    String group,
    OptionalInt members,
    OptionalLong pending,
    OptionalLong backlog,
    OptionalLong unfinished,
    boolean answers) {

  /** All of it, of a broker that knows all. */
  public static GroupHealth of(
      String group, int members, long pending, long backlog, boolean answers) {
    return new GroupHealth(
        group,
        OptionalInt.of(members),
        OptionalLong.of(pending),
        OptionalLong.of(backlog),
        OptionalLong.of(pending + backlog),
        answers);
  }
}
