package dev.leat.wire;

import dev.leat.Encoding;
import dev.leat.Headers;
import dev.leat.Message;
import dev.leat.Payload;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.MissingNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Says how two replies to a request differ: in their status, and in the members of their payloads.
 * Numbers are the same if their values are, members of an object in whatever order, and where each
 * names the id of its own request. Immutable.
 */
public final class ReplyComparison {
  /** All that differs is told. */
  public static final ReplyComparison OF_ALL = new ReplyComparison(PointerRules.NONE);

  /** Differences of one reply that are told: two lists may differ in each element. */
  public static final int MOST = 1_000;

  private static final String STATUS = "status";
  private static final String OK = "200";

  private final PointerRules ignored;

  private ReplyComparison(PointerRules ignored) {
    this.ignored = ignored;
  }

  /**
   * One that does not look at some members.
   *
   * @param text JSON pointers by the type of the request, such as {@code user.get=/seen;*=/at,/id};
   *     those of all types may stand alone, as in {@code /at,/id}
   * @throws IllegalArgumentException if it is none
   */
  public static ReplyComparison ignoring(String text) {
    String all = text.strip().startsWith("/") ? PointerRules.ALL + "=" + text : text;
    return new ReplyComparison(PointerRules.parse(all, "is not compared"));
  }

  /**
   * A difference.
   *
   * @param where a JSON pointer (RFC 6901), empty for the whole payload; or {@code status}
   * @param was what stood there, as JSON; empty where nothing did
   * @param is what stands there now, as JSON; empty where nothing does
   */
  public record Difference(String where, Optional<String> was, Optional<String> is) {}

  /**
   * How they differ; empty where they do not.
   *
   * @param type of the request
   * @param hidden what of payloads is not to be shown: that it differs is told all the same
   */
  public List<Difference> of(String type, Message was, Message is, Redaction hidden) {
    List<Difference> found = new ArrayList<>();
    String before = was.headers().get(Headers.STATUS).orElse(OK);
    String now = is.headers().get(Headers.STATUS).orElse(OK);
    if (!before.equals(now)) {
      found.add(new Difference(STATUS, Optional.of(before), Optional.of(now)));
    }
    if (!was.payload().equals(is.payload())) {
      payloads(type, was, is, hidden, found);
    }
    return found;
  }

  private void payloads(
      String type, Message was, Message is, Redaction hidden, List<Difference> found) {
    Payload shownBefore = hidden.of(type, was.payload());
    Payload shownNow = hidden.of(type, is.payload());
    Optional<JsonNode> before = tree(was.payload());
    Optional<JsonNode> now = tree(is.payload());
    if (before.isEmpty() || now.isEmpty() || was.payload().encoding() != is.payload().encoding()) {
      found.add(new Difference("", whole(shownBefore), whole(shownNow)));
      return;
    }
    new Walk(found, ignored.of(type), requestOf(was), requestOf(is))
        .compare(
            "",
            new Pair(before.get(), shown(shownBefore)),
            new Pair(now.get(), shown(shownNow)),
            List.of());
  }

  /** What is sent as text is text, unless it is an object or a list all the same. */
  private static Optional<JsonNode> tree(Payload payload) {
    return switch (payload.encoding()) {
      case JSON -> JsonTrees.read(payload);
      case TEXT -> JsonTrees.read(payload).filter(JsonNode::isContainer);
      default -> Optional.empty();
    };
  }

  /** Id of the request that a reply was to, first. */
  private static String requestOf(Message reply) {
    return reply.headers().get(Headers.REPLAY_OF).orElse(reply.id());
  }

  /** Nothing where all is hidden, and so is no tree. */
  private static JsonNode shown(Payload payload) {
    return JsonTrees.read(payload).orElse(MissingNode.getInstance());
  }

  private static Optional<String> whole(Payload shown) {
    if (shown.size() == 0) {
      return Optional.empty();
    }
    return Optional.of(
        shown.encoding() == Encoding.BINARY
            ? Base64.getEncoder().encodeToString(shown.bytes())
            : shown.asText());
  }

  /** A value, and what may be shown of it. */
  private record Pair(JsonNode value, JsonNode shown) {
    static final Pair NONE = new Pair(MissingNode.getInstance(), MissingNode.getInstance());

    Pair of(String name) {
      return value.has(name) ? new Pair(value.get(name), shown.path(name)) : NONE;
    }

    Pair of(int index) {
      return value.has(index) ? new Pair(value.get(index), shown.path(index)) : NONE;
    }

    /** Whether nothing below it may be shown, not even what it has. */
    boolean isHidden() {
      return shown.isMissingNode()
          ? !value.isMissingNode()
          : shown.isString() && shown.asString().equals(Redaction.HIDDEN) && value.isContainer();
    }

    Optional<String> text() {
      if (value.isMissingNode()) {
        return Optional.empty();
      }
      return Optional.of(shown.isMissingNode() ? Redaction.HIDDEN : shown.toString());
    }
  }

  /** One way through two trees. */
  private record Walk(
      List<Difference> found, List<List<String>> ignored, String wasId, String isId) {
    void compare(String pointer, Pair was, Pair is, List<String> path) {
      if (found.size() >= MOST || isIgnored(path)) {
        return;
      }
      if (was.isHidden() || is.isHidden()) {
        if (!was.value.equals(is.value)) {
          found.add(new Difference(pointer, was.text(), is.text()));
        }
      } else if (was.value instanceof ObjectNode before && is.value instanceof ObjectNode now) {
        Set<String> names = new LinkedHashSet<>(before.propertyNames());
        names.addAll(now.propertyNames());
        for (String name : names) {
          compare(PointerRules.below(pointer, name), was.of(name), is.of(name), with(path, name));
        }
      } else if (was.value instanceof ArrayNode before && is.value instanceof ArrayNode now) {
        for (int i = 0; i < Math.max(before.size(), now.size()); i++) {
          String index = Integer.toString(i);
          compare(PointerRules.below(pointer, index), was.of(i), is.of(i), with(path, index));
        }
      } else if (!isSame(was.value, is.value)) {
        found.add(new Difference(pointer, was.text(), is.text()));
      }
    }

    private static List<String> with(List<String> path, String segment) {
      List<String> longer = new ArrayList<>(path);
      longer.add(segment);
      return longer;
    }

    private boolean isIgnored(List<String> path) {
      return ignored.stream().anyMatch(pointer -> leadsTo(pointer, path));
    }

    private static boolean leadsTo(List<String> pointer, List<String> path) {
      if (pointer.size() != path.size()) {
        return false;
      }
      for (int i = 0; i < path.size(); i++) {
        if (!PointerRules.takes(pointer.get(i), path.get(i))) {
          return false;
        }
      }
      return true;
    }

    private boolean isSame(JsonNode was, JsonNode is) {
      if (was.isString() && is.isString() && was.asString().equals(wasId)) {
        return is.asString().equals(isId) || was.equals(is);
      }
      return (was.isNumber() && is.isNumber())
          ? was.decimalValue().compareTo(is.decimalValue()) == 0
          : was.equals(is);
    }
  }
}
