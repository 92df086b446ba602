package dev.leat.trail;

import dev.leat.Position;
import dev.leat.Topic;
import dev.leat.broker.Broker;
import dev.leat.broker.Capability;
import dev.leat.broker.Entry;
import dev.leat.broker.GroupCensus;
import dev.leat.broker.OpenMessage;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Tells of entries of a topic, asked for in their order, which a group that answers has not
 * completed. Where the broker does not know, none. Blocks; one thread.
 */
final class OpenEntries {
  private final List<Listing> listings;

  OpenEntries(Broker broker, Topic topic, Instant from) {
    listings =
        broker.capabilities().contains(Capability.CENSUS)
            ? StreamScan.result(broker.census(topic)).groups().stream()
                .filter(GroupCensus::answers)
                .map(group -> new Listing(broker, topic, group.group(), Position.at(from)))
                .toList()
            : List.of();
  }

  boolean has(Entry entry) {
    boolean has = false;
    for (Listing listing : listings) {
      // Each is asked, so that all go along.
      has |= listing.has(entry);
    }
    return has;
  }

  private static final class Listing {
    private static final int PAGE = 500;

    private final Broker broker;
    private final Topic topic;
    private final String group;
    private final Deque<OpenMessage> page = new ArrayDeque<>();

    /** Those of one millisecond: within it some may be open that are not shown as entries. */
    private final Set<String> ofMoment = new HashSet<>();

    private long moment = Long.MIN_VALUE;
    private Position next;
    private boolean isOver;

    Listing(Broker broker, Topic topic, String group, Position from) {
      this.broker = broker;
      this.topic = topic;
      this.group = group;
      this.next = from;
    }

    boolean has(Entry entry) {
      if (entry.at() != moment) {
        moment = entry.at();
        ofMoment.clear();
        goTo(moment);
      }
      return ofMoment.contains(entry.id());
    }

    private void goTo(long time) {
      while (true) {
        if (page.isEmpty() && !isOver) {
          page.addAll(StreamScan.result(broker.open(topic, group, next, PAGE)));
          isOver = page.isEmpty();
          if (!isOver) {
            next = Position.after(page.getLast().entryId());
          }
        }
        OpenMessage first = page.peekFirst();
        if (first == null || first.acceptedAt().toEpochMilli() > time) {
          return;
        }
        if (first.acceptedAt().toEpochMilli() == time) {
          ofMoment.add(first.entryId());
        }
        page.removeFirst();
      }
    }
  }
}
