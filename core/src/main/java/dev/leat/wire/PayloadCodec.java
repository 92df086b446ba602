package dev.leat.wire;

import dev.leat.BadMessage;
import dev.leat.Encoding;
import dev.leat.Headers;
import dev.leat.Message;
import dev.leat.Payload;
import dev.leat.Problem;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Payloads to what handlers and callers work with, and back. Any thread. */
public final class PayloadCodec {
  private static final JsonMapper JSON = JsonMapper.shared();
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
   * String} as they stand, anything else from JSON. An empty payload is read from the path and
   * query parameters among the headers.
   *
   * @throws BadMessage if the payload is not what is asked for
   */
  public static <T> T read(Message message, Class<T> kind) {
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
    return fromJson(message, kind);
  }

  /** Whether {@link #read} looks into the payload for this kind, rather than hand it over. */
  public static boolean isParsed(Class<?> kind) {
    return !AS_THEY_STAND.contains(kind);
  }

  private static <T> T fromJson(Message message, Class<T> kind) {
    Payload payload = message.payload();
    @Nullable T value;
    try {
      value =
          payload.size() == 0
              ? JSON.treeToValue(parameters(message.headers()), kind)
              : JSON.readValue(payload.bytes(), kind);
    } catch (JacksonException mismatch) {
      throw new BadMessage(
          "the payload cannot be read as " + kind.getSimpleName() + where(mismatch), mismatch);
    }
    if (value == null) {
      throw new BadMessage("the payload is null where " + kind.getSimpleName() + " is wanted");
    }
    return value;
  }

  private static ObjectNode parameters(Headers headers) {
    ObjectNode parameters = JSON.createObjectNode();
    headers.forEach(
        (name, value) -> {
          if (name.startsWith(Headers.HTTP_QUERY)) {
            parameters.putIfAbsent(
                name.substring(Headers.HTTP_QUERY.length()), parameters.stringNode(value));
          } else if (name.startsWith(Headers.HTTP_PARAM)) {
            parameters.put(name.substring(Headers.HTTP_PARAM.length()), value);
          }
        });
    return parameters;
  }

  /** Where in the payload it went wrong; Jackson's own sentence may quote the payload. */
  private static String where(JacksonException mismatch) {
    StringBuilder path = new StringBuilder();
    for (JacksonException.Reference step : mismatch.getPath()) {
      path.append(path.isEmpty() ? "" : ".");
      path.append(step.getPropertyName() == null ? step.getIndex() : step.getPropertyName());
    }
    return path.isEmpty() ? "" : ", at '" + path + "'";
  }

  private static Payload json(Object object) {
    try {
      return Payload.of(Encoding.JSON, JSON.writeValueAsBytes(object));
    } catch (JacksonException unwritable) {
      throw new BadMessage(object.getClass().getName() + " cannot be written as JSON", unwritable);
    }
  }
}
