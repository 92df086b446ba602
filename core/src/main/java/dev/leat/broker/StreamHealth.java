package dev.leat.broker;

import dev.leat.StreamRef;
import java.util.List;
import java.util.OptionalLong;

/**
 * How a stream is doing. What the broker does not know is empty; what it knows is exact with {@link
 * Capability#EXACT_BACKLOG}, else about right and perhaps some seconds old.
 *
 * @param stream which
 * @param length entries that stand in it
 * @param groups those that read it
 * @param waitingBytes what of it takes that is not completed by all, about
 */
public record StreamHealth(
    StreamRef stream, OptionalLong length, List<GroupHealth> groups, OptionalLong waitingBytes) {
  /**
   * Of a broker that knows what all entries take, those included that are completed and kept. What
   * waits has at least its share of that by number, and at least all beyond twice what is kept,
   * which may be more for a moment.
   *
   * @param bytes of all entries
   * @param kept bytes that may be of what is completed
   */
  public static StreamHealth of(
      StreamRef stream, long length, List<GroupHealth> groups, OptionalLong bytes, long kept) {
    long entries = groups.stream().mapToLong(StreamHealth::entries).max().orElse(length);
    OptionalLong waiting = bytes;
    if (bytes.isPresent() && entries < length) {
      long all = bytes.getAsLong();
      long share = (long) ((double) all * entries / length);
      waiting =
          OptionalLong.of(entries == 0 ? 0 : Math.max(share, kept > all / 2 ? 0 : all - 2 * kept));
    }
    return new StreamHealth(stream, OptionalLong.of(length), groups, waiting);
  }

  private static long entries(GroupHealth group) {
    return group
        .unfinished()
        .orElseGet(() -> group.pending().orElse(0) + group.backlog().orElse(0));
  }
}
