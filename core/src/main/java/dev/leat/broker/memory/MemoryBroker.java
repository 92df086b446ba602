package dev.leat.broker.memory;

import dev.leat.BrokerUnavailable;
import dev.leat.Dialect;
import dev.leat.LeatException;
import dev.leat.Message;
import dev.leat.Position;
import dev.leat.StreamRef;
import dev.leat.Topic;
import dev.leat.broker.Append;
import dev.leat.broker.Broker;
import dev.leat.broker.BrokerLimits;
import dev.leat.broker.Cancellation;
import dev.leat.broker.CancelledStream;
import dev.leat.broker.Capability;
import dev.leat.broker.DeliveryListener;
import dev.leat.broker.Entry;
import dev.leat.broker.EntryListener;
import dev.leat.broker.EventLoop;
import dev.leat.broker.Lane;
import dev.leat.broker.Membership;
import dev.leat.broker.Note;
import dev.leat.broker.ReplyListener;
import dev.leat.broker.StreamHealth;
import dev.leat.broker.Subscription;
import dev.leat.wire.StreamKeys;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/** Streams by their key. Any thread. */
final class MemoryBroker implements Broker {
  private final Limits limits;
  private final EventLoop loop;
  private final Map<String, MemoryStream> streams = new ConcurrentHashMap<>();
  private final Map<Topic, CancelledStream> cancelled = new ConcurrentHashMap<>();
  private final Notes notes;
  private volatile boolean closed;

  MemoryBroker(Limits limits, EventLoop loop) {
    this.limits = limits;
    this.loop = loop;
    this.notes = new Notes(loop.clock(), limits);
  }

  Notes notes() {
    return notes;
  }

  @Override
  public Set<Capability> capabilities() {
    return Set.of(
        Capability.EXACT_BACKLOG,
        Capability.DELAYED_RELEASE,
        Capability.ATOMIC_COMPLETION,
        Capability.NOTES,
        Capability.KEY_ORDER,
        Capability.TAIL,
        Capability.RANGE,
        Capability.TRIM,
        Capability.MOVE,
        Capability.SEVERAL_GROUPS,
        Capability.STREAM_ORDER,
        Capability.REPLIES,
        Capability.CANCELLATION,
        Capability.HANDLED_TYPES,
        Capability.TIME_POSITION);
  }

  @Override
  public BrokerLimits limits() {
    return new BrokerLimits(
        BrokerLimits.NONE.shortestLease(),
        BrokerLimits.NONE.longestLease(),
        BrokerLimits.NONE.longestDelay(),
        BrokerLimits.NONE.deliveries(),
        limits.bytes(),
        BrokerLimits.NONE.healthPause());
  }

  @Override
  public CompletionStage<?> ping() {
    return answer(
        () -> {
          refuseIfClosed();
          return true;
        });
  }

  @Override
  public Lane openLane(EventLoop laneLoop, String name, ReplyListener replies) {
    String replyStream = StreamKeys.replies(name);
    stream(replyStream).giveToLane();
    return new MemoryLane(this, laneLoop, name, replyStream, replies);
  }

  @Override
  public String addressOf(StreamRef stream) {
    return StreamKeys.of(stream);
  }

  @Override
  public boolean isForReplies(String address) {
    return StreamKeys.isReplies(address);
  }

  @Override
  public Subscription cancellations(Topic topic, Consumer<List<Cancellation>> listener) {
    return cancelled(topic).follow(listener);
  }

  CancelledStream cancelled(Topic topic) {
    return cancelled.computeIfAbsent(
        topic, one -> new CancelledStream(this, new StreamRef.At(StreamKeys.cancelled(one))));
  }

  @Override
  public Subscription subscribe(Membership membership, DeliveryListener listener) {
    Subscription begun = stream(membership.topic().incoming()).join(membership, listener);
    listener.onConnected();
    return begun;
  }

  @Override
  public Subscription tail(StreamRef stream, Position from, EntryListener listener) {
    return stream(stream).follow(from, listener);
  }

  @Override
  public CompletionStage<List<Entry>> range(StreamRef stream, Position from, int limit) {
    return answer(() -> existing(stream).range(from, limit));
  }

  @Override
  public CompletionStage<StreamHealth> health(StreamRef stream) {
    return answer(() -> existing(stream).health(stream));
  }

  @Override
  public CompletionStage<Set<String>> untaken(StreamRef stream, List<String> entryIds) {
    return answer(() -> existing(stream).untaken(entryIds));
  }

  @Override
  public CompletionStage<Boolean> isHandled(Topic topic, String group, String type) {
    return answer(() -> existing(topic.incoming()).isHandled(group, type));
  }

  @Override
  public CompletionStage<Set<Topic>> topics() {
    return answer(
        () ->
            streams.keySet().stream()
                .flatMap(key -> StreamKeys.incomingTopic(key).stream())
                .collect(Collectors.toSet()));
  }

  @Override
  public CompletionStage<Boolean> move(StreamRef stream, String entryId, Append to) {
    return answer(
        () -> {
          Optional<Message> taken = existing(stream).remove(entryId);
          // A stream that is full refuses: what was taken is put back, though behind the others.
          taken.ifPresent(
              message -> {
                try {
                  MemoryStream other = stream(to.stream());
                  other.append(to.message());
                  other.handOver();
                } catch (LeatException refused) {
                  stream(stream).append(message);
                  stream(stream).handOver();
                  throw refused;
                }
              });
          return taken.isPresent();
        });
  }

  @Override
  public CompletionStage<Optional<Message>> noteIfAbsent(Note note) {
    return answer(() -> notes.writeIfAbsent(note));
  }

  @Override
  public CompletionStage<Boolean> renewNote(Note note) {
    return answer(() -> notes.renew(note));
  }

  /** Nothing to do: what is completed goes by itself. */
  @Override
  public CompletionStage<?> tidy(StreamRef stream) {
    return CompletableFuture.completedStage(null);
  }

  @Override
  public CompletionStage<Long> trim(StreamRef stream, long keep) {
    return answer(() -> existing(stream).trim(keep));
  }

  @Override
  public void close() {
    closed = true;
    streams.values().forEach(MemoryStream::close);
    streams.clear();
  }

  CompletionStage<List<String>> append(List<Append> batch) {
    return append(batch, MemoryStream::handOver);
  }

  /**
   * Appends all of it or nothing.
   *
   * @param then has what was appended to a stream handed over, now or soon
   */
  CompletionStage<List<String>> append(List<Append> batch, Consumer<MemoryStream> then) {
    return answer(
        () -> {
          for (Append append : batch) {
            if (append.dialect() != Dialect.PACKED) {
              require(Capability.NAMED_DIALECT);
            }
          }
          if (batch.size() == 1) {
            return List.of(appended(batch.getFirst(), then));
          }
          Map<String, MemoryStream> streams = new TreeMap<>();
          for (Append append : batch) {
            String key = StreamKeys.of(append.stream());
            if (!isForNobody(key)) {
              streams.put(key, stream(key));
            }
          }
          List<String> ids =
              MemoryStream.whileLocked(
                  List.copyOf(streams.values()), () -> appended(batch, streams));
          streams.values().forEach(then);
          return ids;
        });
  }

  private String appended(Append append, Consumer<MemoryStream> then) {
    String key = StreamKeys.of(append.stream());
    if (isForNobody(key)) {
      return "";
    }
    MemoryStream stream = stream(key);
    String id = stream.append(append.message());
    then.accept(stream);
    return id;
  }

  private static List<String> appended(List<Append> batch, Map<String, MemoryStream> streams) {
    List<String> ids = new ArrayList<>(batch.size());
    List<MemoryStream> done = new ArrayList<>(batch.size());
    try {
      for (Append append : batch) {
        MemoryStream stream = streams.get(StreamKeys.of(append.stream()));
        ids.add(stream == null ? "" : stream.append(append.message()));
        if (stream != null) {
          done.add(stream);
        }
      }
      return ids;
    } catch (LeatException refused) {
      done.forEach(MemoryStream::takeBack);
      throw refused;
    }
  }

  /** A lane makes its reply stream, and takes it along when it goes. */
  private boolean isForNobody(String stream) {
    return StreamKeys.isPrivateReplies(stream) && !streams.containsKey(stream);
  }

  void forget(String stream) {
    MemoryStream gone = streams.remove(stream);
    if (gone != null) {
      gone.close();
    }
  }

  private MemoryStream existing(StreamRef stream) {
    return existing(StreamKeys.of(stream));
  }

  private MemoryStream stream(StreamRef stream) {
    return stream(StreamKeys.of(stream));
  }

  /** For looking only: asking after a stream does not bring it into being. */
  private MemoryStream existing(String key) {
    refuseIfClosed();
    MemoryStream found = streams.get(key);
    return found == null ? new MemoryStream(key, limits, loop, this) : found;
  }

  private MemoryStream stream(String key) {
    refuseIfClosed();
    return streams.computeIfAbsent(key, k -> new MemoryStream(k, limits, loop, this));
  }

  private void refuseIfClosed() {
    if (closed) {
      throw new BrokerUnavailable("the embedded broker is closed");
    }
  }

  private static <T> CompletionStage<T> answer(Supplier<T> action) {
    try {
      return CompletableFuture.completedStage(action.get());
    } catch (LeatException refused) {
      return CompletableFuture.failedStage(refused);
    }
  }
}
