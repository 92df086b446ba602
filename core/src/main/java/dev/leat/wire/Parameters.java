package dev.leat.wire;

import dev.leat.Headers;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What a request says beside its body, as members of what it is read into: path parameters always,
 * and before all else; query parameters where there is no body to say it, or where the route says
 * so. Any thread.
 */
final class Parameters {
  /** The methods that carry what they mean in their body, even where that is empty. */
  private static final Set<String> WITH_BODY = Set.of("POST", "PUT", "PATCH");

  private final Headers headers;
  private final boolean path;
  private final boolean query;

  private Parameters(Headers headers, boolean path, boolean query) {
    this.headers = headers;
    this.path = path;
    this.query = query;
  }

  /**
   * Those of a message.
   *
   * @param hasBody whether its payload says something already
   */
  static Parameters of(Headers headers, boolean hasBody) {
    boolean[] path = {false};
    headers.forEach((name, value) -> path[0] |= name.startsWith(Headers.HTTP_PARAM));
    boolean fills = headers.get(Headers.HTTP_FILLS).filter(Headers.QUERY::equals).isPresent();
    boolean bodiless =
        !hasBody && headers.get(Headers.HTTP_METHOD).filter(WITH_BODY::contains).isEmpty();
    return new Parameters(headers, path[0], fills || bodiless);
  }

  /** Whether there are none that could say anything. */
  boolean isEmpty() {
    return !path && !query;
  }

  /**
   * Adds them.
   *
   * @param object what the body says
   * @param kind what it is to be read into; where that is a record, others than its members are
   *     left out
   */
  void addTo(ObjectNode object, Class<?> kind) {
    headers.forEach(
        (name, value) -> {
          if (name.startsWith(Headers.HTTP_PARAM)) {
            String member = name.substring(Headers.HTTP_PARAM.length());
            if (isMember(kind, member)) {
              object.put(member, value);
            }
          }
        });
    if (query) {
      headers.forEach(
          (name, value) -> {
            if (name.startsWith(Headers.HTTP_QUERY)) {
              String member = name.substring(Headers.HTTP_QUERY.length());
              if (isMember(kind, member) && !object.has(member)) {
                put(object, kind, member, headers.all(name));
              }
            }
          });
    }
  }

  private static void put(ObjectNode object, Class<?> kind, String member, List<String> values) {
    if (!isList(kind, member, values.size())) {
      object.put(member, values.getFirst());
      return;
    }
    ArrayNode list = JsonMapper.shared().createArrayNode();
    values.forEach(list::add);
    object.set(member, list);
  }

  private static boolean isList(Class<?> kind, String member, int values) {
    return component(kind, member)
        .map(RecordComponent::getType)
        .map(type -> type.isArray() || Collection.class.isAssignableFrom(type))
        .orElse(!kind.isRecord() && values > 1);
  }

  /** Of what is no record nobody knows; a component may have another name in JSON. */
  private static boolean isMember(Class<?> kind, String member) {
    return !kind.isRecord()
        || component(kind, member).isPresent()
        || Arrays.stream(kind.getRecordComponents())
            .anyMatch(component -> component.getAccessor().getAnnotations().length > 0);
  }

  private static Optional<RecordComponent> component(Class<?> kind, String member) {
    return kind.isRecord()
        ? Arrays.stream(kind.getRecordComponents())
            .filter(component -> component.getName().equals(member))
            .findFirst()
        : Optional.empty();
  }
}
