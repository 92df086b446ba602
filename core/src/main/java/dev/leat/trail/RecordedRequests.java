package dev.leat.trail;

import dev.leat.Headers;
import dev.leat.Message;
import dev.leat.Position;
import dev.leat.StreamRef;
import dev.leat.broker.Broker;
import dev.leat.broker.Entry;
import dev.leat.wire.PayloadCondition;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/** Chooses requests that are recorded. Blocks; one thread. */
final class RecordedRequests {
  /** Requests, and bytes of their payloads, that are looked at together. */
  private static final int PORTION = 500;

  /** At first, while it is not known how large replies are. */
  private static final int FIRST_PORTION = 20;

  private static final long PORTION_BYTES = 4 << 20;

  private final Broker broker;
  private final ReplayPlan plan;
  private final Set<String> types;
  private final List<PayloadCondition> conditions;
  private final OpenEntries open;

  private long chosen;
  private long bytes;
  private long replays;
  private long unfinished;
  private long unanswered;
  private long missing;
  private long unsendable;
  private int most = FIRST_PORTION;

  RecordedRequests(Broker broker, ReplayPlan plan) {
    this.broker = broker;
    this.plan = plan;
    this.types = Set.copyOf(plan.types());
    this.conditions = plan.where().stream().map(PayloadCondition::parse).toList();
    this.open = new OpenEntries(broker, plan.topic(), plan.from());
  }

  /**
   * One that is chosen.
   *
   * @param reply that is recorded; looked for only where replies are compared
   */
  record Chosen(Entry request, Optional<Message> reply) {}

  /** How many were chosen, and which were not though they were asked for. */
  Replays.Selection selection() {
    return new Replays.Selection(
        chosen, bytes, replays, unfinished, unanswered, missing, unsendable);
  }

  /** Calls back with portions of them, oldest first. */
  void forEach(Consumer<List<Chosen>> action) {
    if (!plan.ids().isEmpty()) {
      List<Entry> named = named();
      for (int i = 0; i < named.size(); i += FIRST_PORTION) {
        flush(named.subList(i, Math.min(named.size(), i + FIRST_PORTION)), action);
      }
      return;
    }
    List<Entry> portion = new ArrayList<>();
    long[] size = {0};
    StreamScan.forEach(
        broker,
        plan.topic().incoming(),
        Position.at(plan.from()),
        plan.to(),
        Long.MAX_VALUE,
        entry -> {
          boolean isWanted = isWanted(entry) && !isReplay(entry);
          // Asked for each, so that what is open and what is looked at go along together.
          if (open.has(entry) && isWanted) {
            unfinished++;
          } else if (isWanted) {
            portion.add(entry);
            size[0] += entry.message().payload().size();
          }
          if (portion.size() >= most || size[0] > PORTION_BYTES) {
            flush(portion, action);
            portion.clear();
            size[0] = 0;
          }
          return true;
        });
    flush(portion, action);
  }

  /** Whoever names it wants it, though it was a replay itself, or is at work. */
  private List<Entry> named() {
    List<Entry> found = new ArrayList<>();
    for (String id : Set.copyOf(plan.ids())) {
      Optional<Entry> entry = found(id);
      missing += entry.isPresent() ? 0 : 1;
      entry.ifPresent(found::add);
    }
    return found.stream()
        .filter(this::isWanted)
        .filter(
            entry ->
                entry.at() >= plan.from().toEpochMilli() && entry.at() <= plan.to().toEpochMilli())
        .sorted(Comparator.comparingLong(Entry::at))
        .toList();
  }

  private Optional<Entry> found(String id) {
    return MessageFinder.of(broker, id)
        .flatMap(
            finder ->
                finder
                    .findSoon(plan.topic().incoming())
                    .or(() -> finder.findByOthers(plan.topic().incoming()))
                    .or(() -> finder.find(plan.topic().incoming())))
        .or(
            () ->
                StreamScan.first(
                    broker,
                    plan.topic().incoming(),
                    Position.START,
                    plan.to(),
                    Long.MAX_VALUE,
                    entry -> entry.message().id().equals(id)));
  }

  private boolean isWanted(Entry entry) {
    Message message = entry.message();
    return (types.isEmpty() || types.contains(message.type()))
        && conditions.stream().allMatch(one -> one.isMetBy(message.payload()));
  }

  /** What is sent again each time that somebody replays would come to ever more. */
  private boolean isReplay(Entry entry) {
    boolean is = entry.message().headers().has(Headers.REPLAY);
    replays += is ? 1 : 0;
    return is;
  }

  private void flush(List<Entry> portion, Consumer<List<Chosen>> action) {
    Map<String, Message> replies = plan.compares() ? replies(portion) : Map.of();
    long size = replies.values().stream().mapToLong(one -> one.payload().size()).sum();
    most = size > PORTION_BYTES ? Math.max(1, most / 4) : Math.min(PORTION, most * 4);
    List<Chosen> all = new ArrayList<>();
    for (Entry entry : portion) {
      Optional<Message> reply = Optional.ofNullable(replies.get(entry.message().id()));
      if (plan.compares() && reply.isEmpty()) {
        unanswered++;
      } else if (!ReplaySet.isSendable(entry.message())) {
        unsendable++;
      } else {
        chosen++;
        bytes += entry.message().payload().size();
        all.add(new Chosen(entry, reply));
      }
    }
    if (!all.isEmpty()) {
      action.accept(all);
    }
  }

  /** The first reply to each of them, looked for in one go in each stream that one names. */
  private Map<String, Message> replies(List<Entry> portion) {
    Map<String, List<Entry>> byDestination = new HashMap<>();
    for (Entry entry : portion) {
      String destination = entry.message().destination();
      if (!destination.isEmpty() && broker.isForReplies(destination)) {
        byDestination.computeIfAbsent(destination, first -> new ArrayList<>()).add(entry);
      }
    }
    Map<String, Message> found = new HashMap<>();
    byDestination.forEach(
        (destination, entries) -> {
          Set<String> missing = new HashSet<>();
          entries.forEach(entry -> missing.add(entry.message().id()));
          StreamScan.forEach(
              broker,
              new StreamRef.At(destination),
              Position.at(Instant.ofEpochMilli(entries.getFirst().at())),
              latest(entries),
              TrailBuilder.MOST,
              entry -> {
                if (missing.remove(entry.message().id())) {
                  found.put(entry.message().id(), entry.message());
                }
                return !missing.isEmpty();
              });
        });
    return found;
  }

  /** Of any of them: one may be waited for longer than those that came after it. */
  private static Instant latest(List<Entry> requests) {
    return requests.stream()
        .map(one -> TrailBuilder.latestReply(one.message(), Instant.ofEpochMilli(one.at())))
        .max(Comparator.naturalOrder())
        .orElse(StreamScan.EVER);
  }
}
