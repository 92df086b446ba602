package dev.leat.wire;

import dev.leat.BadMessage;
import dev.leat.Encoding;
import dev.leat.Message;
import dev.leat.Payload;
import dev.leat.Problem;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectReader;
import tools.jackson.databind.cfg.CoercionAction;
import tools.jackson.databind.cfg.CoercionInputShape;
import tools.jackson.databind.cfg.MutableCoercionConfig;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.databind.type.LogicalType;

/** Payloads to what handlers and callers work with, and back. Any thread. */
public final class PayloadCodec {
  /** A number with a fraction is no whole number, and what is empty is none at all. */
  private static final JsonMapper JSON =
      JsonMapper.builder()
          .withCoercionConfig(LogicalType.Integer, PayloadCodec::exactly)
          .withCoercionConfig(LogicalType.Float, PayloadCodec::exactly)
          .withCoercionConfig(LogicalType.Boolean, PayloadCodec::exactly)
          .withCoercionConfig(LogicalType.Enum, PayloadCodec::exactly)
          .build();

  private static final ObjectReader STRICT =
      JSON.reader().with(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES);
  private static final Set<Class<?>> AS_THEY_STAND =
      Set.of(Message.class, Payload.class, byte[].class, String.class);

  private PayloadCodec() {}

  /**
   * The payload of an object: a {@link Payload} as it stands, bytes as binary, a string as text, a
   * {@link Problem} as RFC 9457 has it, anything else as JSON.
   *
   * @throws BadMessage if it cannot be written as JSON
   */
  public static Payload write(Object object) {
    return switch (object) {
      case Payload payload -> payload;
      case byte[] bytes -> Payload.binary(bytes);
      case String text -> Payload.text(text);
      case Problem problem -> ProblemReply.payload(problem);
      default -> json(object);
    };
  }

  /**
   * What a message's payload says: {@link Message}, {@link Payload}, {@code byte[]} and {@link
   * String} as they stand, anything else from JSON. The path parameters among the headers are
   * members of what is read, and so are the query parameters where there is no body to say it.
   *
   * @throws BadMessage if the payload is not what is asked for; the sentence says where, by a JSON
   *     pointer, and what would be taken there
   */
  public static <T> T read(Message message, Class<T> kind) {
    return read(message, kind, false);
  }

  /**
   * The same.
   *
   * @param strict whether a member that nobody knows is refused
   */
  public static <T> T read(Message message, Class<T> kind, boolean strict) {
    Payload payload = message.payload();
    if (kind == Message.class) {
      return kind.cast(message);
    }
    if (kind == Payload.class) {
      return kind.cast(payload);
    }
    if (kind == byte[].class) {
      return kind.cast(payload.bytes());
    }
    if (kind == String.class) {
      return kind.cast(payload.asText());
    }
    return fromJson(message, kind, strict);
  }

  /** Whether {@link #read} looks into the payload for this kind, rather than hand it over. */
  public static boolean isParsed(Class<?> kind) {
    return !AS_THEY_STAND.contains(kind);
  }

  private static <T> T fromJson(Message message, Class<T> kind, boolean strict) {
    @Nullable T value;
    try {
      ObjectReader reader = (strict ? STRICT : JSON.reader()).forType(kind);
      value = reader.readValue(merged(message, kind));
    } catch (JacksonException mismatch) {
      throw new BadMessage(Mismatch.sentence(mismatch), mismatch);
    }
    if (value == null) {
      throw new BadMessage("the payload is null, which says nothing");
    }
    return value;
  }

  /** The payload and what the request says beside it. */
  private static JsonParser merged(Message message, Class<?> kind) {
    byte[] bytes = message.payload().bytes();
    Parameters parameters = Parameters.of(message.headers(), bytes.length > 0);
    boolean into = bytes.length == 0 || (kind.isRecord() && !parameters.isEmpty());
    if (!into) {
      return JSON.createParser(bytes);
    }
    JsonNode said = bytes.length == 0 ? JSON.createObjectNode() : JSON.readTree(bytes);
    if (said instanceof ObjectNode object) {
      parameters.addTo(object, kind);
    }
    return JSON.treeAsTokens(said);
  }

  private static void exactly(MutableCoercionConfig config) {
    config
        .setCoercion(CoercionInputShape.EmptyString, CoercionAction.Fail)
        .setCoercion(CoercionInputShape.Float, CoercionAction.Fail);
  }

  private static Payload json(Object object) {
    try {
      return Payload.of(Encoding.JSON, JSON.writeValueAsBytes(object));
    } catch (JacksonException unwritable) {
      throw new BadMessage(object.getClass().getName() + " cannot be written as JSON", unwritable);
    }
  }
}
