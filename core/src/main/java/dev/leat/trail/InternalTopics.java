package dev.leat.trail;

import dev.leat.Topic;

/** Topics that Leat keeps for itself, so that no list of topics shows them. */
public final class InternalTopics {
  private static final String NAMESPACE = "leat";
  private static final String REPLAY = "replay#";

  private static final String BRIDGED = "bridge#";

  /** By what bridges know a broker again, whatever it is called. */
  public static final Topic BRIDGE = new Topic(NAMESPACE, "bridge");

  /** What was done by hand, by whom. */
  static final Topic AUDIT = new Topic(NAMESPACE, "audit");

  private InternalTopics() {}

  /** What a replay is to send, what it brings back, and what was taken back of it. */
  static Topic replay(String id) {
    return new Topic(NAMESPACE, REPLAY + id);
  }

  /** The replies that are recorded of what a replay sends. */
  static Topic recorded(String id) {
    return new Topic(NAMESPACE, REPLAY + id + "#recorded");
  }

  /**
   * How far a bridge has copied something.
   *
   * @param what it is, of a topic of one broker
   */
  public static Topic bridged(String what) {
    return new Topic(NAMESPACE, BRIDGED + what.replace("::", "#"));
  }

  static boolean isOne(Topic topic) {
    return topic.equals(AUDIT)
        || topic.equals(BRIDGE)
        || (topic.namespace().equals(NAMESPACE) && topic.name().startsWith(BRIDGED))
        || (topic.namespace().equals(NAMESPACE) && topic.name().startsWith(REPLAY));
  }
}
