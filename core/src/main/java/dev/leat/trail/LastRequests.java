package dev.leat.trail;

import dev.leat.Position;
import dev.leat.Topic;
import dev.leat.broker.Broker;
import dev.leat.broker.Entry;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Finds the latest requests to a topic, going back in time by steps that double, and those of them
 * that failed, or took long: their ends are read in one go. Blocks; one thread.
 */
final class LastRequests {
  private static final Duration STEP = Duration.ofMillis(250);

  /** Longer ago nothing is remembered. */
  private static final Duration LONGEST = Duration.ofDays(400);

  private final Broker broker;
  private final Topic topic;
  private final Instant now;

  private final RequestEnds ends;

  LastRequests(Broker broker, Topic topic, Instant now) {
    this.broker = broker;
    this.topic = topic;
    this.now = now;
    this.ends = new RequestEnds(broker);
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
        ends.read(topic, some.stream().map(RequestEnds.Asked::of).toList());
        return last(
            some.stream()
                .filter(entry -> ends.of(entry.message().id()).isPresent())
                .sorted(Comparator.comparingLong(this::duration))
                .toList(),
            number);
      }
      if (choice == TrailReader.Choice.FAILED) {
        ends.read(topic, some.stream().map(RequestEnds.Asked::of).toList());
        List<Entry> found =
            some.stream().filter(entry -> ends.isFailed(entry.message().id())).toList();
        if (found.size() >= number || isAll) {
          return last(found, number);
        }
      }
      back = back.multipliedBy(2).compareTo(LONGEST) > 0 ? LONGEST : back.multipliedBy(2);
    }
  }

  private long duration(Entry entry) {
    return ends.of(entry.message().id()).orElse(entry.at()) - entry.at();
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
}
