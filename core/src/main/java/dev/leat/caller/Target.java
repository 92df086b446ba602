package dev.leat.caller;

import dev.leat.Dialect;
import dev.leat.StreamRef;
import dev.leat.Topic;

/** Where messages go, and how. Does not change; any thread; made once and used for many. */
public final class Target {
  private final Topic topic;
  private final String type;
  private final boolean sharedReplies;
  private final Dialect dialect;
  private final StreamRef stream;

  /**
   * A target.
   *
   * @param topic whose workers handle the messages
   * @param type what they are
   * @param sharedReplies whether replies come back on the topic's shared stream, for workers that
   *     know no other, rather than on the caller's own
   * @param dialect how they are laid out
   */
  public Target(Topic topic, String type, boolean sharedReplies, Dialect dialect) {
    this.topic = topic;
    this.type = type;
    this.sharedReplies = sharedReplies;
    this.dialect = dialect;
    this.stream = topic.incoming();
  }

  /** Messages that are answered on the caller's own stream. */
  public static Target of(Topic topic, String type) {
    return new Target(topic, type, false, Dialect.PACKED);
  }

  Topic topic() {
    return topic;
  }

  String type() {
    return type;
  }

  boolean sharedReplies() {
    return sharedReplies;
  }

  Dialect dialect() {
    return dialect;
  }

  /** The stream that the messages are appended to. */
  StreamRef stream() {
    return stream;
  }
}
