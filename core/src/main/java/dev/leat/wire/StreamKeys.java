package dev.leat.wire;

import dev.leat.Dialect;
import dev.leat.StreamRef;
import dev.leat.Topic;
import java.util.Optional;

/**
 * What streams are called where they have keys, as the protocol lays down. For brokers, tests and
 * tools that know their server: everyone else names a stream by its {@link StreamRef}.
 */
public final class StreamKeys {
  private static final String SEPARATOR = "::";

  /** Namespace of the private reply streams of callers. */
  private static final String CALLERS = "leat";

  private static final String PRIVATE = "replies#";
  private static final String INCOMING = "CONSUMER_INCOMING";
  private static final String OUTGOING = "PRODUCER_OUTGOING";
  private static final String DEAD_LETTERS = "DEAD_LETTERS";

  /** Where later versions of Streamerson keep what they have given up. */
  private static final String OTHERS_DEAD_LETTERS = "DEAD_LETTER";

  private static final String FAILED_ATTEMPTS = "FAILED_ATTEMPTS";

  private static final String CANCELLED = "CANCELLED";

  private StreamKeys() {}

  /** The key of a stream. */
  public static String of(StreamRef stream) {
    return switch (stream) {
      case StreamRef.Incoming incoming -> key(incoming.topic(), INCOMING);
      case StreamRef.DeadLetters letters ->
          key(
              letters.topic(),
              letters.dialect() == Dialect.NAMED ? OTHERS_DEAD_LETTERS : DEAD_LETTERS);
      case StreamRef.FailedAttempts attempts -> key(attempts.topic(), FAILED_ATTEMPTS);
      case StreamRef.SharedReplies replies -> key(replies.topic(), OUTGOING);
      case StreamRef.At at -> at.address();
    };
  }

  /** Key of the private reply stream of a lane. */
  public static String replies(String lane) {
    return key(new Topic(CALLERS, PRIVATE + lane), OUTGOING);
  }

  /** Key of the stream of those requests to a topic that nobody waits for any more. */
  public static String cancelled(Topic topic) {
    return key(topic, CANCELLED);
  }

  /** Whether a stream of this key is the private reply stream of some caller. */
  public static boolean isPrivateReplies(String key) {
    return isReplies(key) && key.contains(SEPARATOR + PRIVATE);
  }

  /** Whether a stream of this key is one of replies, be it private or for everyone to read. */
  public static boolean isReplies(String key) {
    return key.endsWith(SEPARATOR + OUTGOING);
  }

  /** Whether a stream of this key has marks of attempts that failed. */
  public static boolean isFailedAttempts(String key) {
    return key.endsWith(SEPARATOR + FAILED_ATTEMPTS);
  }

  /** Whether a stream of this key is one that requests are appended to. */
  public static boolean isIncoming(String key) {
    return key.endsWith(SEPARATOR + INCOMING);
  }

  /** Whether a stream of this key is one of dead letters, whoever keeps them there. */
  public static boolean isDeadLetters(String key) {
    return key.endsWith(SEPARATOR + DEAD_LETTERS) || isOthersDeadLetters(key);
  }

  /** Whether a stream of this key is one that workers of Streamerson keep dead letters in. */
  public static boolean isOthersDeadLetters(String key) {
    return key.endsWith(SEPARATOR + OTHERS_DEAD_LETTERS);
  }

  /** The topic whose requests stand in a stream; empty where those of no topic do. */
  public static Optional<Topic> incomingTopic(String key) {
    if (!isIncoming(key)) {
      return Optional.empty();
    }
    String[] parts = key.split(SEPARATOR, -1);
    return parts.length == 3 ? Optional.of(new Topic(parts[0], parts[1])) : Optional.empty();
  }

  private static String key(Topic topic, String end) {
    return topic.namespace() + SEPARATOR + topic.name() + SEPARATOR + end;
  }
}
