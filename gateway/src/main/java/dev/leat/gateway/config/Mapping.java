package dev.leat.gateway.config;

import dev.leat.broker.Nearest;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;

/**
 * The keys and values of one map of a file.
 *
 * @param line where it begins, counted from 1
 */
record Mapping(int line, Map<String, Value> values) {
  static Mapping of(
      MappingNode node,
      String name,
      Set<String> known,
      Environment environment,
      ConfigErrors faults) {
    Map<String, Value> values = new LinkedHashMap<>();
    for (NodeTuple entry : node.getValue()) {
      String key = entry.getKeyNode() instanceof ScalarNode scalar ? scalar.getValue() : "";
      if (!known.contains(key)) {
        faults.add(lineOf(entry.getKeyNode()), unknown(key, name, known));
      } else if (values.containsKey(key)) {
        faults.add(lineOf(entry.getKeyNode()), "'" + key + "' stands here twice");
      } else {
        values.put(key, new Value(entry.getValueNode(), key, environment, faults));
      }
    }
    return new Mapping(lineOf(node), values);
  }

  Optional<Value> get(String key) {
    return Optional.ofNullable(values.get(key));
  }

  private static String unknown(String key, String name, Set<String> known) {
    String what = "there is no key '" + key + "' in " + name;
    return Nearest.to(key, known)
        .map(near -> what + ", did you mean '" + near + "'?")
        .orElseGet(() -> what + ", known are " + String.join(", ", known));
  }

  private static int lineOf(Node node) {
    return node.getStartMark().map(mark -> mark.getLine() + 1).orElse(1);
  }
}
