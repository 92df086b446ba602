package dev.leat.trail;

import dev.leat.MessageId;
import dev.leat.Position;
import dev.leat.StreamRef;
import dev.leat.broker.Broker;
import dev.leat.broker.Entry;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Finds a message by its id without reading a stream from its start: the id says when it was made,
 * by its maker's clock. How far that is from the broker's is learned from what stands around:
 * makers are few, and each is off by the same. Blocks.
 */
final class MessageFinder {
  /** A message is in its stream milliseconds after its id was made. */
  private static final Duration BEFORE = Duration.ofMillis(20);

  private static final Duration BEHIND = Duration.ofMillis(80);

  /** Clocks are apart by no more, mostly. */
  private static final Duration APART = Duration.ofSeconds(2);

  /** For so long an append is tried again where the broker was away, and some more. */
  private static final Duration LATE = Duration.ofSeconds(7);

  /** Entries whose ids tell how far clocks are apart, at each of some places. */
  private static final int SAMPLE = 50;

  private static final long MOST = 400_000;

  /** Of the usual form of such an id. */
  private static final int LENGTH = 36;

  /** Offsets are told apart by so many milliseconds. */
  private static final long GRAIN = 40;

  private final Broker broker;
  private final String id;
  private final Instant made;

  private MessageFinder(Broker broker, String id, Instant made) {
    this.broker = broker;
    this.id = id;
    this.made = made;
  }

  /** One for an id; empty where that does not say when it was made. */
  static Optional<MessageFinder> of(Broker broker, String id) {
    try {
      return id.length() == LENGTH
          ? Optional.of(new MessageFinder(broker, id, MessageId.madeAt(id)))
          : Optional.empty();
    } catch (IllegalArgumentException saysNothing) {
      return Optional.empty();
    }
  }

  /** Where it stands most likely. */
  Optional<Entry> findSoon(StreamRef stream) {
    return find(stream, made.minus(BEFORE), made.plus(BEHIND));
  }

  /** Where those stand that were made at about that time. */
  Optional<Entry> findByOthers(StreamRef stream) {
    for (long offset : offsets(stream)) {
      Instant there = made.plusMillis(offset);
      Optional<Entry> found =
          find(stream, there.minus(BEFORE).minusMillis(GRAIN), there.plus(BEHIND));
      if (found.isPresent()) {
        return found;
      }
    }
    return Optional.empty();
  }

  /** Wherever it may stand. */
  Optional<Entry> find(StreamRef stream) {
    return find(stream, made.minus(APART), made.plus(LATE));
  }

  private Optional<Entry> find(StreamRef stream, Instant from, Instant until) {
    return StreamScan.first(
        broker, stream, at(from), until, MOST, entry -> entry.message().id().equals(id));
  }

  /** By how many milliseconds the broker's clock is ahead of those of makers at that time. */
  private Set<Long> offsets(StreamRef stream) {
    Set<Long> offsets = new TreeSet<>();
    for (Instant at : List.of(made.minus(APART), made, made.plusMillis(500), made.plusSeconds(1))) {
      for (Entry entry : StreamScan.result(broker.range(stream, at(at), SAMPLE))) {
        try {
          long apart = entry.at() - MessageId.madeAt(entry.message().id()).toEpochMilli();
          if (Math.abs(apart) <= APART.toMillis()) {
            offsets.add(apart / GRAIN * GRAIN);
          }
        } catch (IllegalArgumentException saysNothing) {
          // One of another make.
        }
      }
    }
    return offsets;
  }

  /** No stream begins before there was time. */
  private static Position at(Instant time) {
    return Position.at(time.isBefore(Instant.EPOCH) ? Instant.EPOCH : time);
  }
}
