package dev.leat.broker;

import dev.leat.StreamRef;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * How the work of a stream stands at a moment. What the broker does not know is empty; what it
 * knows is exact, and of one moment, with {@link Capability#CENSUS}, else about right and perhaps
 * some seconds old.
 *
 * @param stream which
 * @param at the moment, in the broker's time
 * @param length entries that stand in it, those included that are completed and kept
 * @param appended entries that were ever appended: two of these tell a rate
 * @param oldest when the oldest of a stream was appended that no group has ever read
 * @param groups those that read it
 */
public record StreamCensus(
    StreamRef stream,
    Instant at,
    OptionalLong length,
    OptionalLong appended,
    Optional<Instant> oldest,
    List<GroupCensus> groups) {
  /** Keeps a copy. */
  public StreamCensus {
    groups = List.copyOf(groups);
  }

  /** As far as its health tells. */
  static StreamCensus of(StreamHealth health, Instant at) {
    return new StreamCensus(
        health.stream(),
        at,
        health.length(),
        OptionalLong.empty(),
        Optional.empty(),
        health.groups().stream().map(GroupCensus::of).toList());
  }
}
