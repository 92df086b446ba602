package dev.leat.trail;

import dev.leat.Headers;
import dev.leat.Position;
import dev.leat.StreamRef;
import dev.leat.Topic;
import dev.leat.broker.Broker;
import dev.leat.broker.Entry;
import dev.leat.wire.DeadLetter;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Consumer;

/**
 * When requests ended, and which failed: read in one go, from the oldest of them on, in each stream
 * that one of them names. Blocks; one thread.
 */
final class RequestEnds {
  /** Entries of one stream that are looked at. */
  private static final long MOST = 2_000_000;

  private final Broker broker;
  private final Map<String, Long> ended = new HashMap<>();
  private final Set<String> failed = new HashSet<>();

  /** Nothing is known yet. */
  RequestEnds(Broker broker) {
    this.broker = broker;
  }

  /**
   * A request.
   *
   * @param at when it was taken
   */
  record Asked(String id, String destination, long at) {
    static Asked of(Entry entry) {
      return new Asked(entry.message().id(), entry.message().destination(), entry.at());
    }
  }

  /** When it ended, in epoch milliseconds of the broker's time; empty where that is not known. */
  OptionalLong of(String id) {
    Long at = ended.get(id);
    return at == null ? OptionalLong.empty() : OptionalLong.of(at);
  }

  boolean isFailed(String id) {
    return failed.contains(id);
  }

  /** Looks for those of a topic. */
  void read(Topic topic, Collection<Asked> requests) {
    Set<String> ids = new HashSet<>();
    Map<String, Long> destinations = new HashMap<>();
    long oldest = Long.MAX_VALUE;
    for (Asked one : requests) {
      ids.add(one.id);
      oldest = Math.min(oldest, one.at);
      if (!one.destination.isEmpty()) {
        destinations.merge(one.destination, one.at, Math::min);
      }
    }
    if (ids.isEmpty()) {
      return;
    }
    destinations.forEach(
        (destination, from) ->
            read(
                new StreamRef.At(destination),
                from,
                entry -> {
                  if (ids.contains(entry.message().id())) {
                    ended.putIfAbsent(entry.message().id(), entry.at());
                    if (entry.message().headers().has(Headers.ERROR)) {
                      failed.add(entry.message().id());
                    }
                  }
                }));
    read(
        topic.deadLetters(),
        oldest,
        entry -> {
          if (ids.contains(entry.message().id())) {
            DeadLetter letter = DeadLetter.read(entry.message());
            ended.putIfAbsent(letter.message().id(), entry.at());
            failed.add(letter.message().id());
          }
        });
    read(topic.failedAttempts(), oldest, entry -> failed.add(entry.message().id()));
  }

  private void read(StreamRef stream, long from, Consumer<Entry> action) {
    StreamScan.forEach(
        broker,
        stream,
        Position.at(Instant.ofEpochMilli(from)),
        StreamScan.EVER,
        MOST,
        entry -> {
          action.accept(entry);
          return true;
        });
  }
}
