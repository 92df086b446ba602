package dev.leat.kafka;

import dev.leat.BadMessage;
import dev.leat.Encoding;
import dev.leat.Message;
import dev.leat.Payload;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.jspecify.annotations.Nullable;

/**
 * A message as a record of Kafka: a CloudEvent 1.0 in binary mode, whose headers are headers of the
 * record. What CloudEvents have no place for begins with {@code leat_}.
 *
 * @see <a
 *     href="https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/kafka-protocol-binding.md">the
 *     binding</a>
 */
final class CloudEventRecord {
  private static final String SPEC = "ce_specversion";
  private static final String ID = "ce_id";
  private static final String TYPE = "ce_type";
  private static final String SOURCE = "ce_source";
  private static final String CONTENT_TYPE = "content-type";
  private static final String DESTINATION = "leat_destination";
  private static final String PROTOCOL = "leat_protocol";

  /** The lane that a reply is for, of those that share a partition. */
  private static final String LANE = "leat_lane";

  /** What is ours, and no header of a message. */
  private static final String OWN = "leat_";

  /** Before the name of a header that is called as one of these. */
  private static final String ESCAPE = "leat_h_";

  /** A type or a source that is empty, which those of CloudEvents are not. */
  private static final String NONE = "leat:";

  private static final byte[] VERSION = bytes("1.0");

  private static final Pattern JSON = Pattern.compile("[^;]*[+]json(;.*)?");

  /** Of a header's object. */
  private static final int OVERHEAD = 64;

  private CloudEventRecord() {}

  /** A message for a partition; null for any. */
  static ProducerRecord<byte[], byte[]> write(
      String topic, @Nullable Integer partition, Message message, Optional<LaneAddress> lane) {
    Headers headers = new RecordHeaders();
    headers.add(SPEC, VERSION);
    headers.add(ID, bytes(message.id()));
    headers.add(TYPE, bytes(message.type().isEmpty() ? NONE : message.type()));
    headers.add(SOURCE, bytes(message.source().isEmpty() ? NONE : message.source()));
    Encoding encoding = message.payload().encoding();
    Optional<String> said = message.headers().get(dev.leat.Headers.CONTENT_TYPE);
    String mediaType = said.orElse(encoding.mediaType());
    headers.add(CONTENT_TYPE, bytes(mediaType));
    if (taken(mediaType) != encoding) {
      headers.add(PROTOCOL, bytes(encoding.wireName()));
    }
    if (!message.destination().isEmpty()) {
      headers.add(DESTINATION, bytes(message.destination()));
    }
    lane.ifPresent(to -> headers.add(LANE, bytes(to.lane())));
    message
        .headers()
        .forEach(
            (name, value) -> {
              if (!name.equals(dev.leat.Headers.CONTENT_TYPE)) {
                headers.add(isOwn(name) ? ESCAPE + name : name, bytes(value));
              }
            });
    // One that says what is taken for granted where nothing is said has said it.
    if (said.filter(encoding.mediaType()::equals).isPresent()) {
      headers.add(ESCAPE + CONTENT_TYPE, bytes(said.get()));
    }
    byte[] key =
        message
            .headers()
            .get(dev.leat.Headers.KEY)
            .filter(value -> !value.isEmpty())
            .map(CloudEventRecord::bytes)
            .orElse(null);
    return new ProducerRecord<>(topic, partition, null, key, message.payload().bytes(), headers);
  }

  private static boolean isOwn(String name) {
    return switch (name) {
      case SPEC, ID, TYPE, SOURCE, CONTENT_TYPE -> true;
      default -> name.startsWith(OWN);
    };
  }

  /**
   * What a record says.
   *
   * @throws BadMessage if it is no CloudEvent in binary mode
   */
  static Message read(ConsumerRecord<byte[], byte[]> record) {
    try {
      return message(record);
    } catch (IllegalArgumentException | NullPointerException broken) {
      throw new BadMessage("it cannot be a message: " + broken.getMessage(), broken);
    }
  }

  private static Message message(ConsumerRecord<byte[], byte[]> record) {
    Read read = new Read();
    for (Header header : record.headers()) {
      read.take(header);
    }
    return read.message(record);
  }

  /** What was read of a record so far: of headers of one name the last is right. */
  private static final class Read {
    private final dev.leat.Headers.Builder headers = dev.leat.Headers.builder();
    private @Nullable String spec;
    private @Nullable String id;
    private @Nullable String type;
    private String source = "";
    private String mediaType = "";
    private @Nullable String protocol;
    private String destination = "";
    private boolean hasKey;

    void take(Header header) {
      String name = header.key();
      String value = text(header);
      switch (name) {
        case SPEC -> spec = value;
        case ID -> id = value;
        case TYPE -> type = value;
        case SOURCE -> source = value;
        case CONTENT_TYPE -> mediaType = value;
        case PROTOCOL -> protocol = value;
        case DESTINATION -> destination = value;
        default -> takeOther(name, value);
      }
    }

    private void takeOther(String name, String value) {
      if (name.startsWith(ESCAPE)) {
        headers.set(name.substring(ESCAPE.length()), value);
      } else if (!name.startsWith(OWN)) {
        headers.set(name, value);
        hasKey |= name.equals(dev.leat.Headers.KEY);
      }
    }

    Message message(ConsumerRecord<byte[], byte[]> record) {
      if (spec == null) {
        throw new BadMessage("it has no ce_specversion: it is no CloudEvent in binary mode");
      }
      String hasId = needed(id, ID);
      String hasType = needed(type, TYPE);
      Encoding encoding = encoding(protocol, mediaType);
      if (!mediaType.isEmpty() && !mediaType.equals(encoding.mediaType())) {
        headers.set(dev.leat.Headers.CONTENT_TYPE, mediaType);
      }
      if (record.key() != null && !hasKey) {
        headers.set(dev.leat.Headers.KEY, decoded(record.key()));
      }
      byte[] value = record.value() == null ? new byte[0] : record.value();
      return new Message(
          hasId,
          hasType.equals(NONE) ? "" : hasType,
          destination,
          headers.build(),
          source.equals(NONE) ? "" : source,
          Payload.of(encoding, value));
    }
  }

  /** The lane that a record is for. */
  static Optional<String> lane(ConsumerRecord<byte[], byte[]> record) {
    return Optional.ofNullable(record.headers().lastHeader(LANE))
        .map(Header::value)
        .map(value -> new String(value, StandardCharsets.UTF_8));
  }

  /** What can be read of a header, of a record that perhaps breaks the protocol. */
  static String id(ConsumerRecord<byte[], byte[]> record) {
    return readable(record, ID);
  }

  static String source(ConsumerRecord<byte[], byte[]> record) {
    return readable(record, SOURCE);
  }

  static String destination(ConsumerRecord<byte[], byte[]> record) {
    return readable(record, DESTINATION);
  }

  /** Bytes that a record takes in memory, at least. */
  static int size(ConsumerRecord<byte[], byte[]> record) {
    int size = Math.max(0, record.serializedKeySize()) + Math.max(0, record.serializedValueSize());
    for (Header header : record.headers()) {
      byte[] value = header.value();
      size += header.key().length() + (value == null ? 0 : value.length) + OVERHEAD;
    }
    return size;
  }

  private static String readable(ConsumerRecord<byte[], byte[]> record, String name) {
    try {
      return text(record.headers(), name).orElse("");
    } catch (BadMessage unreadable) {
      return "";
    }
  }

  private static String needed(@Nullable String value, String name) {
    if (value == null || value.isEmpty()) {
      throw new BadMessage("it has no %s, as a CloudEvent has".formatted(name));
    }
    return value;
  }

  private static Encoding encoding(@Nullable String protocol, String mediaType) {
    return protocol == null
        ? taken(mediaType)
        : Arrays.stream(Encoding.values())
            .filter(one -> one.wireName().equals(protocol))
            .findFirst()
            .orElseThrow(() -> new BadMessage("'%s' is no protocol".formatted(protocol)));
  }

  /** What a media type is taken for where nothing else is said. */
  private static Encoding taken(String mediaType) {
    if (mediaType.equals(Encoding.JSON.mediaType())) {
      return Encoding.JSON;
    }
    String plain = mediaType.toLowerCase(Locale.ROOT);
    if (plain.startsWith("application/json") || JSON.matcher(plain).matches()) {
      return Encoding.JSON;
    }
    return plain.startsWith("text/") ? Encoding.TEXT : Encoding.BINARY;
  }

  private static Optional<String> text(Headers headers, String name) {
    return Optional.ofNullable(headers.lastHeader(name)).map(CloudEventRecord::text);
  }

  private static String text(Header header) {
    if (header.value() == null) {
      return "";
    }
    return decoded(header.value());
  }

  private static String decoded(byte[] bytes) {
    for (byte one : bytes) {
      if (one < 0) {
        return decodedByRule(bytes);
      }
    }
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }

  private static String decodedByRule(byte[] bytes) {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException noText) {
      throw new BadMessage("it has a header, or a key, that is not UTF-8", noText);
    }
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
