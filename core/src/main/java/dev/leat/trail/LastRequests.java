package dev.leat.trail;

import dev.leat.Headers;
import dev.leat.Position;
import dev.leat.StreamRef;
import dev.leat.Topic;
import dev.leat.broker.Broker;
import dev.leat.broker.Entry;
import dev.leat.wire.DeadLetter;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Finds the latest requests to a topic, going back in time by steps that double, and those of them
 * that failed, or took long: their ends are read in one go. Blocks; one thread.
 */
final class LastRequests {
  private static final Duration STEP = Duration.ofMillis(250);

  /** Longer ago nothing is remembered. */
  private static final Duration LONGEST = Duration.ofDays(400);

  /** Entries of one other stream that are looked at. */
  private static final long MOST = 500_000;

  private final Broker broker;
  private final Topic topic;
  private final Instant now;

  /** When requests ended, by their id. */
  private final Map<String, Long> ended = new HashMap<>();

  private final Set<String> failed = new HashSet<>();

  LastRequests(Broker broker, Topic topic, Instant now) {
    this.broker = broker;
    this.topic = topic;
    this.now = now;
  }

  /**
   * Their entries, oldest first; the slowest in the order of their duration, the longest last.
   *
   * @param crowd how many are looked at
   */
  List<Entry> of(int number, TrailReader.Choice choice, int crowd) {
    Duration back = STEP;
    while (true) {
      List<Entry> some = since(now.minus(back), crowd);
      boolean isAll = back.compareTo(LONGEST) >= 0 || some.size() >= crowd;
      if (choice == TrailReader.Choice.ALL && (some.size() >= number || isAll)) {
        return last(some, number);
      }
      if (choice == TrailReader.Choice.SLOW && (some.size() >= crowd || isAll)) {
        readEnds(some);
        return last(
            some.stream()
                .filter(entry -> ended.containsKey(entry.message().id()))
                .sorted(Comparator.comparingLong(this::duration))
                .toList(),
            number);
      }
      if (choice == TrailReader.Choice.FAILED) {
        readEnds(some);
        List<Entry> found =
            some.stream().filter(entry -> failed.contains(entry.message().id())).toList();
        if (found.size() >= number || isAll) {
          return last(found, number);
        }
      }
      back = back.multipliedBy(2).compareTo(LONGEST) > 0 ? LONGEST : back.multipliedBy(2);
    }
  }

  private long duration(Entry entry) {
    return ended.getOrDefault(entry.message().id(), entry.at()) - entry.at();
  }

  private static List<Entry> last(List<Entry> all, int number) {
    return all.subList(Math.max(0, all.size() - number), all.size());
  }

  private List<Entry> since(Instant from, int crowd) {
    List<Entry> some = new ArrayList<>();
    StreamScan.forEach(
        broker,
        topic.incoming(),
        Position.at(from),
        Instant.ofEpochMilli(Long.MAX_VALUE),
        Long.MAX_VALUE,
        entry -> some.add(entry));
    return last(some, crowd);
  }

  /** From the oldest of them on, in each stream that one of them names. */
  private void readEnds(List<Entry> some) {
    if (some.isEmpty()) {
      return;
    }
    Position from = Position.at(Instant.ofEpochMilli(some.getFirst().at()));
    Set<String> ids = new HashSet<>();
    Set<String> destinations = new HashSet<>();
    for (Entry entry : some) {
      ids.add(entry.message().id());
      if (entry.message().wantsReply()) {
        destinations.add(entry.message().destination());
      }
    }
    for (String destination : destinations) {
      read(
          new StreamRef.At(destination),
          from,
          entry -> {
            if (ids.contains(entry.message().id())) {
              ended.put(entry.message().id(), entry.at());
              if (entry.message().headers().has(Headers.ERROR)) {
                failed.add(entry.message().id());
              }
            }
          });
    }
    read(
        topic.deadLetters(),
        from,
        entry -> {
          if (ids.contains(entry.message().id())) {
            ended.put(entry.message().id(), DeadLetter.read(entry.message()).at().toEpochMilli());
            failed.add(entry.message().id());
          }
        });
    read(topic.failedAttempts(), from, entry -> failed.add(entry.message().id()));
  }

  private void read(StreamRef stream, Position from, Consumer<Entry> action) {
    StreamScan.forEach(
        broker,
        stream,
        from,
        Instant.ofEpochMilli(Long.MAX_VALUE),
        MOST,
        entry -> {
          action.accept(entry);
          return true;
        });
  }
}
