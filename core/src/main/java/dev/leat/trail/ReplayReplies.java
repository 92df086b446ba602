package dev.leat.trail;

import dev.leat.Headers;
import dev.leat.Message;
import dev.leat.Position;
import dev.leat.StreamRef;
import dev.leat.broker.Broker;
import dev.leat.broker.Entry;
import dev.leat.wire.Redaction;
import dev.leat.wire.ReplyComparison;
import dev.leat.wire.ReplyComparison.Difference;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/**
 * Holds the replies that a replay brings back against those that are recorded. One that goes on
 * looks at all of them once more. Blocks; one thread.
 */
final class ReplayReplies {
  private static final int PAGE = 200;
  private static final long PAUSE_NANOS = 20_000_000;

  private final Broker broker;
  private final ReplaySet set;
  private final ReplayPlan plan;
  private final ReplyComparison comparison;
  private final Redaction hidden;
  private final ReplayListener listener;

  /** Recorded replies to what was sent and has not been answered, by the id it was sent with. */
  private final Map<String, Message> expected = new LinkedHashMap<>();

  private Position nextRecorded = Position.START;
  private Position nextReply = Position.START;
  private boolean isBegun;
  private long lastSeen = System.nanoTime();
  private long same;
  private long different;

  ReplayReplies(
      Broker broker,
      ReplaySet set,
      ReplayPlan plan,
      ReplyComparison comparison,
      Redaction hidden,
      ReplayListener listener) {
    this.broker = broker;
    this.set = set;
    this.plan = plan;
    this.comparison = comparison;
    this.hidden = hidden;
    this.listener = listener;
  }

  /** Some are about to be sent: what is recorded stands in the same order. */
  void expect(List<Entry> requests) {
    lastSeen = System.nanoTime();
    if (!plan.compares()) {
      return;
    }
    Set<String> wanted = new HashSet<>();
    requests.forEach(entry -> wanted.add(entry.message().id()));
    wanted.removeAll(expected.keySet());
    while (!wanted.isEmpty() && readRecorded(wanted)) {
      isBegun = true;
    }
  }

  /** Reads on; whether there was anything. */
  private boolean readRecorded(Set<String> wanted) {
    List<Entry> entries = some(set.recorded(), nextRecorded);
    for (Entry entry : entries) {
      expected.put(entry.message().id(), entry.message());
      wanted.remove(entry.message().id());
      nextRecorded = Position.after(entry.id());
    }
    return !entries.isEmpty();
  }

  private List<Entry> some(StreamRef stream, Position from) {
    return StreamScan.result(broker.range(stream, from, PAGE));
  }

  /** Looks at what has come. */
  void read() {
    if (!plan.compares() || !isBegun) {
      return;
    }
    for (Entry entry : some(set.replies(), nextReply)) {
      nextReply = Position.after(entry.id());
      Message recorded = expected.remove(entry.message().id());
      // What was handed over twice may be answered twice.
      if (recorded != null) {
        lastSeen = System.nanoTime();
        compare(recorded, entry.message());
      }
    }
  }

  private void compare(Message recorded, Message reply) {
    List<Difference> differences = comparison.of(recorded.type(), recorded, reply, hidden);
    if (differences.isEmpty()) {
      same++;
    } else {
      different++;
      listener.onDifference(original(recorded), recorded.type(), reply, differences);
    }
  }

  /**
   * Waits for what is still to come, once all was sent.
   *
   * @return false if it was told to stop
   */
  boolean await(BooleanSupplier isStopped) {
    if (!plan.compares()) {
      return true;
    }
    Set<String> none = new HashSet<>();
    while (readRecorded(none)) {
      isBegun = true;
    }
    while (!expected.isEmpty() && System.nanoTime() - lastSeen < plan.patience().toNanos()) {
      if (isStopped.getAsBoolean()) {
        return false;
      }
      long before = compared();
      read();
      if (compared() == before) {
        LockSupport.parkNanos(PAUSE_NANOS);
      }
    }
    return true;
  }

  /** Of each that nobody answered. */
  void tellMissing() {
    expected.forEach(
        (id, recorded) -> listener.onUnanswered(original(recorded), id, recorded.type()));
  }

  private static String original(Message recorded) {
    return recorded.headers().get(Headers.REPLAY_OF).orElse("");
  }

  long compared() {
    return same + different;
  }

  long same() {
    return same;
  }

  long different() {
    return different;
  }

  long missing() {
    return expected.size();
  }
}
