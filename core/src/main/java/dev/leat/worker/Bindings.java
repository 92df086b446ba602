package dev.leat.worker;

import dev.leat.Message;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The handlers of a worker by type, and what becomes of what none is for. Any thread. */
final class Bindings {
  private final Map<String, Binding<?>> handlers = new ConcurrentHashMap<>();
  private volatile boolean answers;
  private volatile boolean leavesOthers;

  /**
   * Adds a handler.
   *
   * @param answering whether it may be asked something
   * @return whether the type had none
   */
  boolean add(String type, Binding<?> handler, boolean answering) {
    if (handlers.putIfAbsent(type, handler) != null) {
      return false;
    }
    answers |= answering;
    return true;
  }

  void remove(String type) {
    handlers.remove(type);
  }

  /** The types that there are handlers for. */
  Set<String> types() {
    return Set.copyOf(handlers.keySet());
  }

  /** The same, each with the name of what its payload is read into. */
  Map<String, String> payloads() {
    return handlers.entrySet().stream()
        .collect(
            Collectors.toMap(Map.Entry::getKey, one -> one.getValue().payload().getSimpleName()));
  }

  /** The version of the jar that a handler comes from, as its manifest says; empty if none says. */
  String version() {
    return handlers.values().stream()
        .map(one -> one.handler().getClass().getPackage().getImplementationVersion())
        .filter(Objects::nonNull)
        .findFirst()
        .orElse("");
  }

  /** What none is for is left to other groups from now on. */
  void leaveOthers() {
    leavesOthers = true;
  }

  /** The handler of a type; null where there is none. */
  @Nullable Binding<?> of(String type) {
    return handlers.get(type);
  }

  /**
   * Whether a message that no handler is for is none of this group's affair: as was said, or an
   * event among those that only hear of events.
   */
  boolean isForOthers(Message message) {
    return leavesOthers || (!answers && !message.wantsReply());
  }
}
