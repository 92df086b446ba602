package dev.leat.trail;

import dev.leat.Message;
import dev.leat.Position;
import dev.leat.Topic;
import dev.leat.broker.Broker;
import dev.leat.broker.Capability;
import dev.leat.broker.Entry;
import dev.leat.broker.GroupCensus;
import dev.leat.broker.OpenMessage;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/**
 * What of a topic was in flight at a moment that has passed, as far as the streams remember.
 *
 * @param at the moment, in the broker's time
 * @param inFlight requests that had been taken by then and ended later, or have not; oldest first
 * @param unknown requests that had been taken by then, of which it is not known when they ended
 */
public record PastCensus(Topic topic, Instant at, List<Asked> inFlight, long unknown) {
  /** Requests of one topic that are looked at, the latest before the moment. */
  private static final int MOST = 1_000_000;

  private static final int PAGE = 500;

  /** Keeps a copy. */
  public PastCensus {
    inFlight = List.copyOf(inFlight);
  }

  /**
   * A request that was in flight.
   *
   * @param request without its payload
   * @param accepted when it was taken
   * @param ended when it ended; empty where it has not
   */
  public record Asked(Message request, Instant accepted, Optional<Instant> ended) {}

  /**
   * Of a topic. Blocks: for virtual threads and the command.
   *
   * @throws dev.leat.Unsupported if its streams cannot be looked at, or not by time
   */
  public static PastCensus of(Broker broker, Topic topic, Instant at) {
    broker.require(Capability.RANGE);
    broker.require(Capability.TIME_POSITION);
    broker.require(Capability.CENSUS);
    // By their place: what is open still may be older than all that is kept.
    Map<String, Entry> taken = new LinkedHashMap<>();
    Set<String> open = new HashSet<>();
    open(broker, topic, at, open, taken);
    StreamScan.forEach(
        broker,
        topic.incoming(),
        Position.START,
        at,
        Long.MAX_VALUE,
        entry -> {
          taken.put(
              entry.id(), new Entry(entry.id(), entry.message().withoutPayload(), entry.at()));
          if (taken.size() > MOST) {
            taken.remove(taken.keySet().iterator().next());
          }
          return true;
        });
    RequestEnds ends = new RequestEnds(broker);
    ends.read(topic, taken.values().stream().map(RequestEnds.Asked::of).toList());
    List<Asked> inFlight = new ArrayList<>();
    long unknown = 0;
    for (Entry entry : taken.values()) {
      Instant accepted = Instant.ofEpochMilli(entry.at());
      OptionalLong ended = ends.of(entry.message().id());
      if (open.contains(entry.id())) {
        inFlight.add(new Asked(entry.message(), accepted, Optional.empty()));
      } else if (ended.isEmpty()) {
        unknown++;
      } else if (ended.getAsLong() > at.toEpochMilli()) {
        inFlight.add(
            new Asked(
                entry.message(), accepted, Optional.of(Instant.ofEpochMilli(ended.getAsLong()))));
      }
    }
    return new PastCensus(topic, at, inFlight, unknown);
  }

  /** What is open still, with any group that answers, of what had been taken by then. */
  private static void open(
      Broker broker, Topic topic, Instant at, Set<String> open, Map<String, Entry> taken) {
    List<GroupCensus> groups = StreamScan.result(broker.census(topic)).groups();
    List<String> names =
        groups.isEmpty()
            ? List.of("")
            : groups.stream().filter(GroupCensus::answers).map(GroupCensus::group).toList();
    for (String group : names) {
      Position from = Position.START;
      boolean isLater = false;
      while (!isLater) {
        List<OpenMessage> page = StreamScan.result(broker.open(topic, group, from, PAGE));
        for (OpenMessage one : page) {
          if (one.acceptedAt().isAfter(at)) {
            isLater = true;
          } else if (open.add(one.entryId())) {
            long accepted = one.acceptedAt().toEpochMilli();
            taken.put(one.entryId(), new Entry(one.entryId(), one.message(), accepted));
          }
        }
        isLater |= page.isEmpty();
        from = page.isEmpty() ? from : Position.after(page.getLast().entryId());
      }
    }
  }
}
