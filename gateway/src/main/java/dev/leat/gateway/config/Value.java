package dev.leat.gateway.config;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

/**
 * What stands at one place of a file. What cannot be read as it is asked for is a fault, and empty.
 */
final class Value {
  private final Node node;
  private final String name;
  private final Environment environment;
  private final ConfigErrors faults;

  Value(Node node, String name, Environment environment, ConfigErrors faults) {
    this.node = node;
    this.name = name;
    this.environment = environment;
    this.faults = faults;
  }

  /** Counted from 1. */
  int line() {
    return node.getStartMark().map(mark -> mark.getLine() + 1).orElse(1);
  }

  void fault(String sentence) {
    faults.add(line(), sentence);
  }

  boolean isText() {
    return node instanceof ScalarNode;
  }

  /** A text, its variables filled in. */
  Optional<String> text() {
    return as(Function.identity());
  }

  /** A text that something reads, which says by {@link IllegalArgumentException} that it cannot. */
  <T> Optional<T> as(Function<String, T> reading) {
    return read(environment::fill, reading);
  }

  /** The same of a URL, in which a variable before the {@code @} may hold any signs. */
  <T> Optional<T> asUrl(Function<String, T> reading) {
    return read(environment::fillUrl, reading);
  }

  private <T> Optional<T> read(UnaryOperator<String> filling, Function<String, T> reading) {
    if (!(node instanceof ScalarNode scalar)) {
      fault(name + " is one value, not a list or a map");
      return Optional.empty();
    }
    try {
      return Optional.of(reading.apply(filling.apply(scalar.getValue())));
    } catch (IllegalArgumentException unreadable) {
      fault(name + ": " + unreadable.getMessage());
      return Optional.empty();
    }
  }

  /** One of a few words. */
  <T> Optional<T> oneOf(Map<String, T> words) {
    return as(
        text -> {
          T meant = words.get(text);
          if (meant == null) {
            throw new IllegalArgumentException(
                "'" + text + "' is none of " + String.join(", ", words.keySet()));
          }
          return meant;
        });
  }

  Optional<Boolean> yesOrNo() {
    return oneOf(Map.of("true", true, "false", false));
  }

  /** The values of a list; what is no list is a list of one. */
  List<Value> items() {
    return node instanceof SequenceNode list
        ? list.getValue().stream().map(item -> new Value(item, name, environment, faults)).toList()
        : List.of(this);
  }

  /** The texts of a list. */
  Set<String> texts() {
    Set<String> texts = new LinkedHashSet<>();
    items().forEach(item -> item.text().ifPresent(texts::add));
    return texts;
  }

  /** A map with some of these keys, and no others. */
  Optional<Mapping> mapping(Set<String> keys) {
    if (!(node instanceof MappingNode map)) {
      fault(name + " is a map of " + String.join(", ", keys));
      return Optional.empty();
    }
    return Optional.of(Mapping.of(map, name, keys, environment, faults));
  }
}
