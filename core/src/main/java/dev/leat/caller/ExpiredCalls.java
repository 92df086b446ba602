package dev.leat.caller;

import dev.leat.DeadlineExceeded.Begun;
import dev.leat.StreamRef;
import dev.leat.broker.Broker;
import dev.leat.broker.EventLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Calls whose time is over, until the broker has said whether a worker has what they asked for. It
 * is asked once for all that expire within one turn of the loop, which they are confined to.
 */
final class ExpiredCalls {
  /** Who waited in vain is not to wait much longer only to hear more of it. */
  private static final Duration PATIENCE = Duration.ofMillis(250);

  private final Broker broker;
  private final EventLoop loop;
  private final BiConsumer<PendingCall, Begun> told;
  private final Set<PendingCall> untold = new HashSet<>();
  private Map<StreamRef, List<PendingCall>> unasked = new HashMap<>();

  /**
   * None yet.
   *
   * @param told of each call once, unless it is removed before
   */
  ExpiredCalls(Broker broker, EventLoop loop, BiConsumer<PendingCall, Begun> told) {
    this.broker = broker;
    this.loop = loop;
    this.told = told;
  }

  /** Takes one that has its place in its topic's stream. */
  void add(PendingCall call) {
    untold.add(call);
    if (unasked.isEmpty()) {
      loop.execute(this::ask);
    }
    unasked.computeIfAbsent(call.target().stream(), first -> new ArrayList<>()).add(call);
  }

  /** Whether it was there; nothing is told of it any more. */
  boolean remove(PendingCall call) {
    return untold.remove(call);
  }

  int size() {
    return untold.size();
  }

  /** Nobody waits for the broker's answers any more. */
  void close() {
    unasked = new HashMap<>();
    tell(List.copyOf(untold), null);
  }

  private void ask() {
    Map<StreamRef, List<PendingCall>> asked = unasked;
    unasked = new HashMap<>();
    asked.forEach(
        (stream, calls) -> {
          List<String> ids =
              calls.stream().map(call -> Objects.requireNonNull(call.entryId())).toList();
          var unused =
              broker
                  .untaken(stream, ids)
                  .whenComplete((untaken, failure) -> loop.execute(() -> tell(calls, untaken)));
          loop.schedule(PATIENCE, () -> tell(calls, null));
        });
  }

  private void tell(List<PendingCall> calls, @Nullable Set<String> untaken) {
    for (PendingCall call : calls) {
      if (untold.remove(call)) {
        told.accept(call, begun(call, untaken));
      }
    }
  }

  private static Begun begun(PendingCall call, @Nullable Set<String> untaken) {
    if (untaken == null) {
      return Begun.UNKNOWN;
    }
    return untaken.contains(Objects.requireNonNull(call.entryId())) ? Begun.NO : Begun.YES;
  }
}
