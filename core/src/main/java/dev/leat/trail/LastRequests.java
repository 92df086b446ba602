package dev.leat.trail;

import dev.leat.Position;
import dev.leat.Topic;
import dev.leat.broker.Broker;
import dev.leat.broker.Entry;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;

/**
 * Finds the latest requests to a topic, and those of them that failed, or took long: their ends are
 * read in one go. Streams are read forwards alone, so it is first found by halves how far to go
 * back. Blocks; one thread.
 */
final class LastRequests {
  private static final Duration STEP = Duration.ofMillis(250);

  /** Longer ago nothing is remembered. */
  private static final Duration LONGEST = Duration.ofDays(400);

  /** So near to where it should be a beginning is near enough. */
  private static final Duration NEAR = Duration.ofMillis(2);

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
   * Their entries, without payloads and oldest first; the slowest in the order of their duration.
   *
   * @param crowd of how many of the latest those are that failed, or took longest
   */
  List<Entry> of(int number, TrailReader.Choice choice, int crowd) {
    if (choice == TrailReader.Choice.ALL) {
      return latest(number);
    }
    List<Entry> some = latest(Math.max(number, crowd));
    ends.read(topic, some.stream().map(RequestEnds.Asked::of).toList());
    List<Entry> chosen =
        choice == TrailReader.Choice.FAILED
            ? some.stream().filter(entry -> ends.isFailed(entry.message().id())).toList()
            : some.stream()
                .filter(entry -> ends.of(entry.message().id()).isPresent())
                .sorted(Comparator.comparingLong(this::duration))
                .toList();
    return chosen.subList(Math.max(0, chosen.size() - number), chosen.size());
  }

  private long duration(Entry entry) {
    return ends.of(entry.message().id()).orElse(entry.at()) - entry.at();
  }

  private List<Entry> latest(int number) {
    Duration none = Duration.ZERO;
    Duration all = STEP;
    while (all.compareTo(LONGEST) < 0 && !has(all, number)) {
      none = all;
      all = all.multipliedBy(2);
    }
    // All of them came since the one, and not since the other.
    while (all.minus(none).compareTo(NEAR) > 0 && has(all, 2 * number + 100)) {
      Duration middle = none.plus(all.minus(none).dividedBy(2));
      if (has(middle, number)) {
        all = middle;
      } else {
        none = middle;
      }
    }
    Deque<Entry> last = new ArrayDeque<>();
    StreamScan.forEach(
        broker,
        topic.incoming(),
        since(all),
        StreamScan.EVER,
        Long.MAX_VALUE,
        entry -> {
          last.addLast(new Entry(entry.id(), entry.message().withoutPayload(), entry.at()));
          if (last.size() > number) {
            last.removeFirst();
          }
          return true;
        });
    return new ArrayList<>(last);
  }

  /** Whether so many came since then. */
  private boolean has(Duration back, int number) {
    int[] count = {0};
    StreamScan.forEach(
        broker,
        topic.incoming(),
        since(back),
        StreamScan.EVER,
        number,
        entry -> ++count[0] < number);
    return count[0] >= number;
  }

  private Position since(Duration back) {
    Instant from = now.minus(back);
    return Position.at(from.isBefore(Instant.EPOCH) ? Instant.EPOCH : from);
  }
}
