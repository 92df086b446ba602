package dev.leat.gateway.config;

import dev.leat.Retention;
import dev.leat.StreamRef;
import dev.leat.Topic;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Reads how long topics keep what is done with, where that is to be another time than usual. */
final class RetentionReader {
  private static final String TOPIC = "topic";
  private static final String KEEP = "keep";
  private static final String KEEP_BYTES = "keep-bytes";
  private static final String LETTERS = "dead-letters-";
  private static final Set<String> KEYS =
      GatewayFile.inOrder(TOPIC, KEEP, KEEP_BYTES, LETTERS + KEEP, LETTERS + KEEP_BYTES);

  private RetentionReader() {}

  /** By the streams that it is said of. */
  static Map<StreamRef.OfTopic, Retention> read(Value list) {
    Map<StreamRef.OfTopic, Retention> all = new LinkedHashMap<>();
    for (Value item : list.items()) {
      item.mapping(KEYS).ifPresent(keys -> read(item, keys, all));
    }
    return all;
  }

  private static void read(Value item, Mapping keys, Map<StreamRef.OfTopic, Retention> all) {
    if (!keys.values().containsKey(TOPIC)) {
      item.fault("the key 'topic' is missing, such as topic: users");
      return;
    }
    Optional<Topic> topic = keys.get(TOPIC).flatMap(value -> value.as(Topic::of));
    if (topic.isEmpty()) {
      return;
    }
    if (all.keySet().stream().anyMatch(stream -> stream.topic().equals(topic.get()))) {
      item.fault("topic %s is in this list twice".formatted(topic.get()));
    }
    if (keys.values().size() == 1) {
      item.fault(
          "topic %s says nothing of how long it keeps, as in keep: 24h".formatted(topic.get()));
    }
    retention(keys, "", Retention.DEFAULT).ifPresent(kept -> all.put(topic.get().incoming(), kept));
    retention(keys, LETTERS, Retention.DEAD_LETTERS)
        .ifPresent(kept -> all.put(topic.get().deadLetters(), kept));
  }

  /** What is not said of two is as it usually is; empty where neither is. */
  private static Optional<Retention> retention(Mapping keys, String beginning, Retention usual) {
    Optional<Value> age = keys.get(beginning + KEEP);
    Optional<Value> bytes = keys.get(beginning + KEEP_BYTES);
    if (age.isEmpty() && bytes.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        new Retention(
            age.flatMap(value -> value.as(Units::duration)).orElse(usual.age()),
            bytes.flatMap(value -> value.as(Units::size)).orElse(usual.bytes())));
  }
}
