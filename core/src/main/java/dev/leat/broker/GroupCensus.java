package dev.leat.broker;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * How the work of a group stands, each message in one state: see {@link OpenMessage.State}.
 *
 * @param group its name
 * @param answers whether it answers those who ask; not so one that only listens
 * @param unfinished messages in any of the states
 * @param waiting for somebody who asks for more
 * @param heldBack by order, since another of their key comes first
 * @param running at a member that is there
 * @param delayed until their next attempt
 * @param abandoned by a member that is gone, until their lease lapses
 * @param oldest when the oldest of all was appended, in the broker's time
 * @param oldestWaiting when the oldest was appended that was never handed to anybody
 * @param members that are there, or hold something, by name; none where they are not known
 */
public record GroupCensus(
    String group,
    boolean answers,
    OptionalLong unfinished,
    OptionalLong waiting,
    OptionalLong heldBack,
    OptionalLong running,
    OptionalLong delayed,
    OptionalLong abandoned,
    Optional<Instant> oldest,
    Optional<Instant> oldestWaiting,
    List<Holder> members) {
  /**
   * A member, and what it has.
   *
   * @param member its name
   * @param isThere whether it is there still
   * @param holds messages that were handed to it and not ended, delayed ones not included
   */
  public record Holder(String member, boolean isThere, long holds) {}

  /** Keeps a copy. */
  public GroupCensus {
    members = List.copyOf(members);
  }

  /** As far as its health tells. */
  static GroupCensus of(GroupHealth health) {
    return new GroupCensus(
        health.group(),
        health.answers(),
        health.unfinished(),
        health.backlog(),
        OptionalLong.empty(),
        health.pending(),
        OptionalLong.empty(),
        OptionalLong.empty(),
        Optional.empty(),
        Optional.empty(),
        List.of());
  }
}
