package dev.leat.kafka;

import dev.leat.BadConfiguration;
import dev.leat.Dialect;
import dev.leat.StreamRef;
import dev.leat.Topic;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Optional;

/**
 * What streams are called on Kafka: {@code users.requests}, {@code shop.orders.dead-letters}. What
 * Kafka does not take in a name is {@code _} and two hexadecimal digits for each of its bytes, so
 * that a name can be read back.
 */
final class TopicNames {
  /** That all callers' replies go to; no topic of Leat has a name without a dot. */
  static final String REPLIES = "leat-replies";

  /** That those who take part say so in. */
  static final String PARTICIPANTS = "leat-participants";

  /** That what is kept of idempotent requests stands in. */
  static final String NOTES = "leat-notes";

  private static final int LONGEST = 249;
  private static final String INCOMING = "requests";
  private static final String SHARED_REPLIES = "replies";
  private static final String DEAD_LETTERS = "dead-letters";
  private static final String OTHERS_DEAD_LETTERS = "others-dead-letters";
  private static final String CANCELLED = "cancelled";
  private static final String OF_REPLAYS = "leat.replay" + escaped("#");
  private static final String DEFAULT = "DEFAULT";

  private TopicNames() {}

  /**
   * Of a stream that is a topic of Kafka.
   *
   * @throws BadConfiguration if it would be too long for Kafka
   */
  static String of(StreamRef stream) {
    return switch (stream) {
      case StreamRef.Incoming incoming -> name(incoming.topic(), INCOMING);
      case StreamRef.SharedReplies replies -> name(replies.topic(), SHARED_REPLIES);
      case StreamRef.DeadLetters letters ->
          name(
              letters.topic(),
              letters.dialect() == Dialect.PACKED ? DEAD_LETTERS : OTHERS_DEAD_LETTERS);
      case StreamRef.FailedAttempts attempts -> name(attempts.topic(), "failed-attempts");
      case StreamRef.At at -> at.address();
    };
  }

  /** Of those requests that nobody waits for any more. */
  static String cancelled(Topic topic) {
    return name(topic, CANCELLED);
  }

  /** Whether requests stand in it, which members share. */
  static boolean isIncoming(String name) {
    return name.endsWith("." + INCOMING);
  }

  static boolean isForReplies(String address) {
    return LaneAddress.read(address).isPresent() || address.endsWith("." + SHARED_REPLIES);
  }

  /** The id of a group of Kafka that reads a stream. */
  static String groupId(String stream, String group) {
    return stream + "." + escaped(group);
  }

  /** The group of a stream that has an id; empty where another stream's has. */
  static Optional<String> group(String stream, String groupId) {
    String beginning = stream + ".";
    return groupId.startsWith(beginning) && groupId.indexOf('.', beginning.length()) < 0
        ? unescaped(groupId.substring(beginning.length()))
        : Optional.empty();
  }

  /** Whether entries can be taken out of it: no group reads dead letters, or what is replayed. */
  static boolean isMovable(String name) {
    return name.endsWith("." + DEAD_LETTERS)
        || name.endsWith("." + OTHERS_DEAD_LETTERS)
        || isOfReplay(name);
  }

  /** Whether it is of one replay, and of no use once that is over. */
  static boolean isOfReplay(String name) {
    return name.startsWith(OF_REPLAYS);
  }

  /** As what is taken out of a stream is noted; no group of members is called so. */
  static String movedGroup(String stream) {
    return stream + "._moved";
  }

  /** The topic whose requests stand in it. */
  static Optional<Topic> incomingTopic(String name) {
    if (!isIncoming(name)) {
      return Optional.empty();
    }
    String both = name.substring(0, name.length() - INCOMING.length() - 1);
    int dot = both.indexOf('.');
    Optional<String> namespace = unescaped(dot < 0 ? both : both.substring(0, dot));
    Optional<String> own = dot < 0 ? Optional.of(DEFAULT) : unescaped(both.substring(dot + 1));
    try {
      return namespace.flatMap(first -> own.map(second -> new Topic(first, second)));
    } catch (IllegalArgumentException foreign) {
      return Optional.empty();
    }
  }

  private static String name(Topic topic, String kind) {
    String name =
        escaped(topic.namespace())
            + (topic.name().equals(DEFAULT) ? "" : "." + escaped(topic.name()))
            + "."
            + kind;
    if (name.length() > LONGEST) {
      throw new BadConfiguration(
          "topic %s is too long for Kafka, where it would be %d signs and %d are taken"
              .formatted(topic, name.length(), LONGEST));
    }
    return name;
  }

  private static String escaped(String part) {
    StringBuilder all = new StringBuilder(part.length());
    for (byte one : part.getBytes(StandardCharsets.UTF_8)) {
      boolean isPlain =
          (one >= 'a' && one <= 'z')
              || (one >= 'A' && one <= 'Z')
              || (one >= '0' && one <= '9')
              || one == '-';
      if (isPlain) {
        all.append((char) one);
      } else {
        all.append('_').append(HexFormat.of().toHexDigits(one));
      }
    }
    return all.toString();
  }

  private static Optional<String> unescaped(String part) {
    ByteArrayOutputStream all = new ByteArrayOutputStream(part.length());
    for (int i = 0; i < part.length(); i++) {
      char sign = part.charAt(i);
      if (sign != '_') {
        all.write(sign);
      } else if (i + 2 < part.length()
          && HexFormat.isHexDigit(part.charAt(i + 1))
          && HexFormat.isHexDigit(part.charAt(i + 2))) {
        all.write(HexFormat.fromHexDigits(part, i + 1, i + 3));
        i += 2;
      } else {
        return Optional.empty();
      }
    }
    return part.isEmpty() || part.indexOf('.') >= 0
        ? Optional.empty()
        : Optional.of(all.toString(StandardCharsets.UTF_8));
  }
}
