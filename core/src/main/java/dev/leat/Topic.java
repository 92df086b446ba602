package dev.leat;

import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A service's named inbox. A topic given by one name is that namespace with the name {@code
 * DEFAULT}; {@code shop::orders} is the topic {@code orders} of the namespace {@code shop}.
 *
 * @param namespace the service or group of services that owns the topic
 * @param name the topic within its namespace
 */
public record Topic(String namespace, String name) {
  private static final String SEPARATOR = "::";
  private static final String DEFAULT = "DEFAULT";
  private static final String PRIVATE = "replies#";
  private static final String INCOMING = "CONSUMER_INCOMING";
  private static final String OUTGOING = "PRODUCER_OUTGOING";
  private static final String DEAD_LETTERS = "DEAD_LETTERS";
  private static final String OTHERS_DEAD_LETTERS = "DEAD_LETTER";
  private static final String CANCELLED = "CANCELLED";

  /** Whatever does not separate: no colon, no white space, no control character. */
  private static final Pattern PART = Pattern.compile("[^:\\s\\p{Cntrl}]+");

  /** Refuses parts that would not survive in a stream's key. */
  public Topic {
    refuseUnlessPart(namespace);
    refuseUnlessPart(name);
  }

  /**
   * Reads {@code users} or {@code shop::orders}.
   *
   * @throws IllegalArgumentException if it is neither
   */
  public static Topic of(String text) {
    int at = text.indexOf(SEPARATOR);
    return at < 0
        ? new Topic(text, DEFAULT)
        : new Topic(text.substring(0, at), text.substring(at + SEPARATOR.length()));
  }

  /** Key of the private reply stream of one running instance of a caller. */
  public static String replyStream(String namespace, String instance) {
    return new Topic(namespace, PRIVATE + instance).outgoing();
  }

  /** Whether a stream of this key is the private reply stream of some caller. */
  public static boolean isReplyStream(String stream) {
    return stream.endsWith(SEPARATOR + OUTGOING) && stream.contains(SEPARATOR + PRIVATE);
  }

  /** Whether a stream of this key is one of replies, be it private or for everyone to read. */
  public static boolean isOutgoing(String stream) {
    return stream.endsWith(SEPARATOR + OUTGOING);
  }

  /** Whether a stream of this key is one that requests are appended to. */
  public static boolean isIncoming(String stream) {
    return stream.endsWith(SEPARATOR + INCOMING);
  }

  /** The topic whose requests stand in a stream; empty where those of no topic do. */
  public static Optional<Topic> ofIncoming(String stream) {
    if (!isIncoming(stream)) {
      return Optional.empty();
    }
    String[] parts = stream.split(SEPARATOR, -1);
    return parts.length == 3 ? Optional.of(new Topic(parts[0], parts[1])) : Optional.empty();
  }

  /** Key of the stream that requests are appended to. */
  public String incoming() {
    return key(INCOMING);
  }

  /** Key of the stream of replies that everyone may read. */
  public String outgoing() {
    return key(OUTGOING);
  }

  /** Key of the stream of messages that were given up. */
  public String deadLetters() {
    return key(DEAD_LETTERS);
  }

  /** Key of the stream in which later versions of Streamerson keep what they have given up. */
  public String othersDeadLetters() {
    return key(OTHERS_DEAD_LETTERS);
  }

  /** Whether a stream of this key is one of those. */
  public static boolean isOthersDeadLetters(String stream) {
    return stream.endsWith(SEPARATOR + OTHERS_DEAD_LETTERS);
  }

  /** Key of the stream of ids of requests that nobody waits for any more. */
  public String cancelled() {
    return key(CANCELLED);
  }

  /** As {@link #of} reads it. */
  @Override
  public String toString() {
    return name.equals(DEFAULT) ? namespace : namespace + SEPARATOR + name;
  }

  private String key(String end) {
    return namespace + SEPARATOR + name + SEPARATOR + end;
  }

  private static void refuseUnlessPart(String part) {
    if (!PART.matcher(part).matches()) {
      throw new IllegalArgumentException(
          "'" + part + "' cannot be part of a topic: it must not be empty, nor hold ':' or spaces");
    }
  }
}
