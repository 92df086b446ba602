package dev.leat.caller;

import dev.leat.Dialect;
import dev.leat.Topic;

/**
 * Where messages go, and how.
 *
 * @param topic whose workers handle them
 * @param type what they are
 * @param sharedReplies whether replies come back on the topic's shared stream, for workers that
 *     know no other, rather than on the caller's own
 * @param dialect how they are laid out
 */
public record Target(Topic topic, String type, boolean sharedReplies, Dialect dialect) {
  /** Messages that are answered on the caller's own stream. */
  public static Target of(Topic topic, String type) {
    return new Target(topic, type, false, Dialect.PACKED);
  }
}
