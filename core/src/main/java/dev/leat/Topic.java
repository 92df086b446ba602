package dev.leat;

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

  /** The stream that requests are appended to. */
  public StreamRef.OfTopic incoming() {
    return new StreamRef.Incoming(this);
  }

  /** The stream of replies that everyone may read. */
  public StreamRef.OfTopic sharedReplies() {
    return new StreamRef.SharedReplies(this);
  }

  /** The stream of messages that were given up. */
  public StreamRef.OfTopic deadLetters() {
    return new StreamRef.DeadLetters(this, Dialect.PACKED);
  }

  /** The stream that tells which attempts failed. */
  public StreamRef.OfTopic failedAttempts() {
    return new StreamRef.FailedAttempts(this);
  }

  /** As {@link #of} reads it. */
  @Override
  public String toString() {
    return name.equals(DEFAULT) ? namespace : namespace + SEPARATOR + name;
  }

  private static void refuseUnlessPart(String part) {
    if (!PART.matcher(part).matches()) {
      throw new IllegalArgumentException(
          "'" + part + "' cannot be part of a topic: it must not be empty, nor hold ':' or spaces");
    }
  }
}
