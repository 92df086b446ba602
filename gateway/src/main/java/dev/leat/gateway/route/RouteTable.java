package dev.leat.gateway.route;

import dev.leat.Topic;
import dev.leat.caller.Target;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * All routes, found by method and path. Immutable once made; any thread.
 *
 * <p>A tree of segments: a literal is tried before a parameter, and that before what takes all that
 * is left; where one leads nowhere, or to other methods alone, the next is tried after all. Paths
 * are compared decoded, segment by segment, so that an encoded slash stays within its segment.
 *
 * <p>Hot path: most paths have no parameters, and are found whole.
 */
public final class RouteTable {
  private static final class Node {
    final Map<String, Node> literals = new HashMap<>();

    /** By method; yet without the values of a path. */
    final Map<String, Match.Found> leaves = new TreeMap<>();

    @Nullable Node parameter;

    @Nullable Node rest;

    Node child(PathTemplate.Segment segment) {
      return switch (segment) {
        case PathTemplate.Segment.Literal literal ->
            literals.computeIfAbsent(literal.text(), text -> new Node());
        case PathTemplate.Segment.Parameter named -> parameterNode();
        case PathTemplate.Segment.Rest named -> restNode();
      };
    }

    private Node restNode() {
      Node node = rest;
      if (node == null) {
        node = new Node();
        rest = node;
      }
      return node;
    }

    private Node parameterNode() {
      Node node = parameter;
      if (node == null) {
        node = new Node();
        parameter = node;
      }
      return node;
    }
  }

  private final Node root = new Node();

  /** Where the paths without parameters lead that no client need encode. */
  private final Map<String, Node> plain = new HashMap<>();

  private final List<Route> routes;
  private final Set<Topic> topics;

  /**
   * A table of these routes.
   *
   * @throws IllegalArgumentException if two of them take the same requests
   */
  public RouteTable(Collection<Route> routes) {
    routes.forEach(this::add);
    this.routes = List.copyOf(routes);
    topics = routes.stream().map(Route::topic).collect(Collectors.toUnmodifiableSet());
  }

  /** All of them. */
  public List<Route> routes() {
    return routes;
  }

  /** The topics that routes lead to. */
  public Set<Topic> topics() {
    return topics;
  }

  /** Which route takes a request; the path is taken as the client wrote it. */
  public Match match(String method, String path) {
    if (!path.startsWith("/")) {
      return new Match.Unknown();
    }
    Node known = plain.get(path);
    Match.Found whole = known == null ? null : leaf(known, method);
    if (whole != null) {
      return whole;
    }
    List<String> segments;
    try {
      segments = segments(path);
    } catch (IllegalArgumentException malformed) {
      return new Match.Malformed();
    }
    List<String> values = new ArrayList<>();
    Set<String> others = new TreeSet<>();
    Match.Found leaf = find(root, segments, method, values, others);
    if (leaf != null) {
      return values.isEmpty()
          ? leaf
          : new Match.Found(leaf.route(), leaf.target(), leaf.names(), values);
    }
    return others.isEmpty() ? new Match.Unknown() : new Match.WrongMethod(allowed(others));
  }

  private static Match.@Nullable Found leaf(Node node, String method) {
    Match.Found leaf = node.leaves.get(method);
    return leaf == null && method.equals("HEAD") ? node.leaves.get("GET") : leaf;
  }

  private void add(Route route) {
    PathTemplate template = PathTemplate.parse(route.path());
    Node node = root;
    for (PathTemplate.Segment segment : template.segments()) {
      node = node.child(segment);
    }
    if (template.parameters().isEmpty() && !template.text().contains("%")) {
      plain.put(template.text(), node);
    }
    Target target =
        new Target(route.topic(), route.type(), route.reply() == ReplyMode.SHARED, route.dialect());
    Match.Found leaf = new Match.Found(route, target, template.parameters(), List.of());
    Match.Found other = node.leaves.putIfAbsent(route.method(), leaf);
    if (other != null) {
      throw new IllegalArgumentException(
          "%s %s and %s take the same requests"
              .formatted(route.method(), route.path(), other.route().path()));
    }
  }

  /**
   * The leaf of a method that a path leads to; where a literal leads to other methods alone, the
   * parameter is tried too.
   *
   * @param others takes the methods of where else it leads
   */
  private static Match.@Nullable Found find(
      Node node, List<String> segments, String method, List<String> values, Set<String> others) {
    if (segments.isEmpty()) {
      others.addAll(node.leaves.keySet());
      return leaf(node, method);
    }
    String segment = segments.getFirst();
    List<String> rest = segments.subList(1, segments.size());
    Node literal = node.literals.get(segment);
    Match.Found found = literal == null ? null : find(literal, rest, method, values, others);
    int before = values.size();
    if (found == null && node.parameter != null && !segment.isEmpty()) {
      values.add(segment);
      found = find(node.parameter, rest, method, values, others);
      if (found == null) {
        values.subList(before, values.size()).clear();
      }
    }
    if (found == null && node.rest != null) {
      others.addAll(node.rest.leaves.keySet());
      found = leaf(node.rest, method);
      if (found != null) {
        values.add(String.join("/", segments));
      }
    }
    return found;
  }

  private static List<String> segments(String path) {
    List<String> segments = new ArrayList<>();
    int from = 1;
    for (int slash = path.indexOf('/', from); slash >= 0; slash = path.indexOf('/', from)) {
      segments.add(Percent.decodeSegment(path.substring(from, slash)));
      from = slash + 1;
    }
    segments.add(Percent.decodeSegment(path.substring(from)));
    return segments;
  }

  private static Set<String> allowed(Set<String> methods) {
    Set<String> allowed = new TreeSet<>(methods);
    if (allowed.contains("GET")) {
      allowed.add("HEAD");
    }
    allowed.add("OPTIONS");
    return allowed;
  }
}
