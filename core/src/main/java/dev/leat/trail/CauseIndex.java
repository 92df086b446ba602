package dev.leat.trail;

import dev.leat.Headers;
import dev.leat.Position;
import dev.leat.Topic;
import dev.leat.broker.Broker;
import dev.leat.broker.Entry;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Which messages were sent because of which others, from a moment on and as far as it was asked
 * for: no entry is read twice. Blocks; one thread.
 */
final class CauseIndex {
  /** Entries of one topic that are looked at. */
  private static final long MOST = 200_000;

  private final Broker broker;
  private final List<Topic> topics;
  private final Map<Topic, Position> next = new HashMap<>();
  private final Map<Topic, Long> looked = new HashMap<>();
  private final Map<String, List<Child>> byCause = new HashMap<>();
  private Instant until = Instant.MIN;
  private boolean isCutShort;

  /** What was sent because of another. */
  record Child(Topic topic, Entry entry) {}

  /** Nothing was looked at yet. */
  CauseIndex(Broker broker, List<Topic> topics, Instant from) {
    this.broker = broker;
    this.topics = topics;
    topics.forEach(topic -> next.put(topic, Position.at(from)));
  }

  /** Whether something may be missing, since there was too much to be looked at. */
  boolean isCutShort() {
    return isCutShort;
  }

  /** What was sent because of a message up to a moment, oldest first. */
  List<Child> of(String messageId, Instant end) {
    if (end.isAfter(until)) {
      topics.forEach(topic -> look(topic, end));
      until = end;
    }
    return byCause.getOrDefault(messageId, List.of()).stream()
        .sorted(Comparator.comparingLong(child -> child.entry().at()))
        .toList();
  }

  private void look(Topic topic, Instant end) {
    long before = looked.getOrDefault(topic, 0L);
    long[] count = {before};
    isCutShort |=
        !StreamScan.forEach(
            broker,
            topic.incoming(),
            next.getOrDefault(topic, Position.START),
            end,
            Math.max(0, MOST - before),
            entry -> {
              count[0]++;
              next.put(topic, Position.after(entry.id()));
              entry
                  .message()
                  .headers()
                  .get(Headers.CAUSE)
                  .ifPresent(
                      cause ->
                          byCause
                              .computeIfAbsent(cause, first -> new ArrayList<>())
                              .add(new Child(topic, entry)));
              return true;
            });
    looked.put(topic, count[0]);
  }
}
