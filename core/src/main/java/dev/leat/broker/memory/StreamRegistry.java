package dev.leat.broker.memory;

import dev.leat.BrokerUnavailable;
import dev.leat.StreamRef;
import dev.leat.broker.EventLoop;
import dev.leat.wire.StreamKeys;
import java.util.Collection;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** Streams by their key, and by how they were named. Any thread. */
final class StreamRegistry {
  private final MemoryBroker broker;
  private final Limits limits;
  private final EventLoop loop;
  private final Map<String, MemoryStream> streams = new ConcurrentHashMap<>();
  private final Map<StreamRef, MemoryStream> byRef = new ConcurrentHashMap<>();
  private final EndedLanes ended;
  private final AtomicLong numbers = new AtomicLong();
  private volatile boolean closed;

  /** Empty. */
  StreamRegistry(MemoryBroker broker, Limits limits, EventLoop loop) {
    this.broker = broker;
    this.limits = limits;
    this.loop = loop;
    this.ended = new EndedLanes(limits);
  }

  Collection<MemoryStream> all() {
    return streams.values();
  }

  Collection<String> keys() {
    return streams.keySet();
  }

  /** A lane makes its reply stream, and takes it along when it goes: then nobody is there. */
  @Nullable MemoryStream target(StreamRef ref) {
    refuseIfClosed();
    MemoryStream known = known(ref);
    if (known != null) {
      return known;
    }
    String key = StreamKeys.of(ref);
    return StreamKeys.isPrivateReplies(key) && !streams.containsKey(key) ? null : get(ref);
  }

  /** Whether only a lane reads it. */
  boolean isOfLane(StreamRef ref) {
    MemoryStream known = known(ref);
    return known == null ? StreamKeys.isPrivateReplies(StreamKeys.of(ref)) : known.isOfLane();
  }

  /** Ends a stream of a lane: nobody is there any more, but what it was told can be looked at. */
  void end(MemoryStream ofLane) {
    ofLane.close();
    // What is written down is read from there.
    if (streams.get(ofLane.key()) == ofLane && !broker.journal().keeps()) {
      ended.add(ofLane);
    }
    streams.remove(ofLane.key(), ofLane);
    byRef.remove(new StreamRef.At(ofLane.key()), ofLane);
  }

  /** For looking only. */
  MemoryStream existing(StreamRef ref) {
    refuseIfClosed();
    MemoryStream known = known(ref);
    return known == null ? existing(StreamKeys.of(ref)) : known;
  }

  /** The stream of a name, which comes into being. */
  MemoryStream get(StreamRef ref) {
    refuseIfClosed();
    MemoryStream known = known(ref);
    if (known != null) {
      return known;
    }
    String key = StreamKeys.of(ref);
    MemoryStream found = get(key);
    byRef.put(ref, found);
    if (streams.get(key) != found) {
      // Forgotten meanwhile.
      byRef.remove(ref);
    }
    return found;
  }

  /** Hot path: to make a key of what is named costs more than to find it. */
  @Nullable MemoryStream known(StreamRef ref) {
    return byRef.get(ref);
  }

  /** For looking only: asking after a stream does not bring it into being. */
  MemoryStream existing(String key) {
    MemoryStream found = there(key);
    return found == null ? new MemoryStream(key, 0, limits, loop, broker) : found;
  }

  /** The same by its key. */
  MemoryStream get(String key) {
    refuseIfClosed();
    MemoryStream found = there(key);
    return found == null ? streams.computeIfAbsent(key, this::newStream) : found;
  }

  /** The one that is there, or was a lane's that is gone. */
  private @Nullable MemoryStream there(String key) {
    MemoryStream found = streams.get(key);
    return found == null ? ended.get(key) : found;
  }

  private MemoryStream newStream(String key) {
    return new MemoryStream(key, numbers.incrementAndGet(), limits, loop, broker);
  }

  /** One of a lane's own: where it is opened anew, the one before may end after that. */
  MemoryStream newOfLane(String name) {
    refuseIfClosed();
    String key = StreamKeys.replies(name);
    MemoryStream own = newStream(key);
    own.giveToLane();
    streams.put(key, own);
    byRef.remove(new StreamRef.At(key));
    return own;
  }

  void refuseIfClosed() {
    if (closed) {
      throw new BrokerUnavailable("the embedded broker is closed");
    }
  }

  /** Ends all of them; false where that was done before. */
  boolean close() {
    boolean before = closed;
    closed = true;
    return !before;
  }

  /** Nothing is left. */
  void clear() {
    streams.clear();
    ended.clear();
  }
}
