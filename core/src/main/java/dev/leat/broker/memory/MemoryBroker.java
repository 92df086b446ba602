package dev.leat.broker.memory;

import dev.leat.BadMessage;
import dev.leat.BrokerUnavailable;
import dev.leat.Dialect;
import dev.leat.LeatException;
import dev.leat.Message;
import dev.leat.Participant;
import dev.leat.Position;
import dev.leat.StreamRef;
import dev.leat.Topic;
import dev.leat.broker.Announcement;
import dev.leat.broker.Append;
import dev.leat.broker.Broker;
import dev.leat.broker.BrokerLimits;
import dev.leat.broker.Cancellation;
import dev.leat.broker.CancelledStream;
import dev.leat.broker.Capability;
import dev.leat.broker.Completion;
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
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Streams by their key. Any thread. */
final class MemoryBroker implements Broker {
  private static final Logger log = LoggerFactory.getLogger(MemoryBroker.class);

  private static final Set<Capability> OF_MEMORY =
      Set.of(
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
          Capability.PARTICIPANTS,
          Capability.TIME_POSITION);

  /** Whoever has the folder lets others in. */
  static final Set<Capability> OF_FILE = withProcesses();

  private final Limits limits;
  private final EventLoop loop;
  private final Journal journal;
  private final Map<String, MemoryStream> streams = new ConcurrentHashMap<>();
  private final Map<StreamRef, MemoryStream> byRef = new ConcurrentHashMap<>();
  private final AtomicLong numbers = new AtomicLong();
  private final Map<Announcement, Supplier<Participant>> participants = new ConcurrentHashMap<>();
  private final Map<Topic, CancelledStream> cancelled = new ConcurrentHashMap<>();
  private final Notes notes;

  /** Hot path: asked for with each reply. */
  private final BrokerLimits brokerLimits;

  private volatile @Nullable AutoCloseable server;
  private volatile boolean closed;

  MemoryBroker(Limits limits, EventLoop loop, Journal journal) {
    this.limits = limits;
    this.loop = loop;
    this.journal = journal;
    this.notes = new Notes(loop.clock(), limits, journal);
    this.brokerLimits =
        BrokerLimits.NONE.withLargestMessage(Math.min(limits.bytes(), journal.largest()));
  }

  private static Set<Capability> withProcesses() {
    Set<Capability> all = EnumSet.copyOf(OF_MEMORY);
    all.add(Capability.SEVERAL_PROCESSES);
    return Collections.unmodifiableSet(all);
  }

  /** Ends with it, and before it. */
  void letsIn(AutoCloseable others) {
    server = others;
  }

  boolean letsOthersIn() {
    return server != null;
  }

  /** Whether it takes nothing more since it could not be written. */
  boolean hasFailed() {
    return journal.hasFailed();
  }

  Notes notes() {
    return notes;
  }

  Journal journal() {
    return journal;
  }

  @Override
  public Set<Capability> capabilities() {
    return journal.keeps() ? OF_FILE : OF_MEMORY;
  }

  @Override
  public BrokerLimits limits() {
    return brokerLimits;
  }

  @Override
  public CompletionStage<?> ping() {
    return answered(
        () -> {
          refuseIfClosed();
          return changing(changes -> true);
        });
  }

  @Override
  public Lane openLane(EventLoop laneLoop, String name, ReplyListener replies) {
    refuseIfClosed();
    String replyStream = StreamKeys.replies(name);
    // One of its own: where it is opened anew, the one before may end after that.
    MemoryStream own = newStream(replyStream);
    own.giveToLane();
    streams.put(replyStream, own);
    byRef.remove(new StreamRef.At(replyStream));
    return new MemoryLane(this, laneLoop, name, own, replies);
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
    Subscription begun =
        changing(
            changes -> stream(membership.topic().incoming()).join(membership, listener, changes));
    listener.onConnected();
    return begun;
  }

  @Override
  public Subscription tail(StreamRef stream, Position from, EntryListener listener) {
    MemoryStream read = stream(stream);
    Tail begun = read.followUnlessPast(from, listener);
    return begun == null
        ? new HistoryTail(read, from, (next, limit) -> read(read, next, limit), listener)
        : begun;
  }

  @Override
  public CompletionStage<List<Entry>> range(StreamRef stream, Position from, int limit) {
    return answer(
        () -> {
          MemoryStream read = existing(stream);
          MemoryStream.Past past = read.past(from, limit);
          return past == null
              ? CompletableFuture.completedStage(read.range(from, limit))
              : CompletableFuture.supplyAsync(
                  () -> read(read, past, limit), Thread::startVirtualThread);
        });
  }

  /** What stands there, in memory or not; reads from the disk. */
  private List<Entry> read(MemoryStream stream, Position from, int limit) {
    MemoryStream.Past past = stream.past(from, limit);
    return past == null ? stream.range(from, limit) : read(stream, past, limit);
  }

  private List<Entry> read(MemoryStream stream, MemoryStream.Past past, int limit) {
    History history = Objects.requireNonNull(journal.history(), "what is past is kept");
    // What is open may stand in both.
    TreeMap<EntryId, Entry> found = new TreeMap<>();
    for (Entry entry : history.read(stream.key(), past.after(), past.from(), past.to(), limit)) {
      found.put(EntryId.parse(entry.id()), entry);
    }
    for (Entry entry : past.rest()) {
      found.put(EntryId.parse(entry.id()), entry);
    }
    return found.values().stream().limit(limit).toList();
  }

  @Override
  public CompletionStage<StreamHealth> health(StreamRef stream) {
    return answered(() -> existing(stream).health(stream));
  }

  @Override
  public CompletionStage<Set<String>> untaken(StreamRef stream, List<String> entryIds) {
    return answered(() -> existing(stream).untaken(entryIds));
  }

  @Override
  public CompletionStage<Boolean> isHandled(Topic topic, String group, String type) {
    return answered(() -> existing(topic.incoming()).isHandled(group, type));
  }

  @Override
  public Announcement announce(Supplier<Participant> participant) {
    refuseIfClosed();
    // An object of its own: two may say the same.
    Announcement announcement =
        new Announcement() {
          @Override
          public void close() {
            participants.remove(this);
          }
        };
    participants.put(announcement, participant);
    return announcement;
  }

  @Override
  public CompletionStage<List<Participant>> participants() {
    return answered(
        () -> {
          refuseIfClosed();
          return participants.values().stream().map(Supplier::get).toList();
        });
  }

  @Override
  public CompletionStage<Set<Topic>> topics() {
    return answered(
        () ->
            streams.keySet().stream()
                .flatMap(key -> StreamKeys.incomingTopic(key).stream())
                .collect(Collectors.toSet()));
  }

  @Override
  public CompletionStage<Boolean> move(StreamRef stream, String entryId, Append to) {
    return answer(() -> moved(stream, entryId, to));
  }

  private CompletionStage<Boolean> moved(StreamRef stream, String entryId, Append to) {
    MemoryStream source = existing(stream);
    MemoryStream target = stream(to.stream());
    long position =
        changing(
            changes ->
                MemoryStream.whileLocked(
                    inOrder(List.of(source, target)),
                    () -> {
                      if (!source.has(entryId)) {
                        return -1L;
                      }
                      // A stream that is full refuses, and nothing has changed.
                      var unusedId = target.add(to.message(), changes);
                      source.remove(entryId, changes);
                      return journal.write(changes);
                    }));
    if (position < 0) {
      return CompletableFuture.completedStage(false);
    }
    target.handOver();
    return journal.after(position, true);
  }

  @Override
  public CompletionStage<Optional<Message>> noteIfAbsent(Note note) {
    return answer(
        () ->
            switch (changing(changes -> notes.writeIfAbsent(note, changes))) {
              case Notes.Written.There there ->
                  CompletableFuture.completedStage(Optional.of(there.message()));
              case Notes.Written.New kept -> journal.after(kept.position(), Optional.empty());
            });
  }

  @Override
  public CompletionStage<Boolean> renewNote(Note note) {
    return answer(
        () -> {
          long position = changing(changes -> notes.renew(note, changes));
          return position < 0
              ? CompletableFuture.completedStage(false)
              : journal.after(position, true);
        });
  }

  /** Nothing to do: what is completed goes by itself. */
  @Override
  public CompletionStage<?> tidy(StreamRef stream) {
    return CompletableFuture.completedStage(null);
  }

  @Override
  public CompletionStage<Long> trim(StreamRef stream, long keep) {
    return answered(() -> changing(changes -> existing(stream).trim(keep, changes)));
  }

  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    letsNobodyIn();
    streams.values().forEach(MemoryStream::close);
    journal.close();
    streams.clear();
  }

  void letsNobodyIn() {
    AutoCloseable others = server;
    if (others != null) {
      try {
        others.close();
      } catch (Exception failure) {
        log.warn("others are not told that it ends", failure);
      }
    }
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
          refuseOtherDialects(batch);
          return batch.size() == 1 ? appended(batch.getFirst(), then) : appended(batch, then);
        });
  }

  private void refuseOtherDialects(List<Append> batch) {
    for (Append append : batch) {
      if (append.dialect() != Dialect.PACKED) {
        require(Capability.NAMED_DIALECT);
      }
    }
  }

  private CompletionStage<List<String>> appended(Append append, Consumer<MemoryStream> then) {
    MemoryStream stream = target(append.stream());
    if (stream == null) {
      return CompletableFuture.completedStage(List.of(""));
    }
    MemoryStream.Appended appended = changing(changes -> stream.append(append.message(), changes));
    then.accept(stream);
    return journal.after(appended.position(), List.of(appended.id()));
  }

  private CompletionStage<List<String>> appended(List<Append> batch, Consumer<MemoryStream> then) {
    List<@Nullable MemoryStream> targets = targets(batch);
    List<MemoryStream> locked = inOrder(targets);
    List<String> ids = new ArrayList<>(batch.size());
    long position =
        changing(
            changes ->
                MemoryStream.whileLocked(
                    locked,
                    () -> {
                      ids.addAll(added(batch, targets, changes));
                      return journal.write(changes);
                    }));
    locked.forEach(then);
    return journal.after(position, ids);
  }

  /** Where each goes; null where nobody is there. */
  private List<@Nullable MemoryStream> targets(List<Append> batch) {
    if (batch.isEmpty()) {
      return List.of();
    }
    List<@Nullable MemoryStream> targets = new ArrayList<>(batch.size());
    for (Append append : batch) {
      targets.add(target(append.stream()));
    }
    return targets;
  }

  /** A lane makes its reply stream, and takes it along when it goes: then nobody is there. */
  private @Nullable MemoryStream target(StreamRef ref) {
    refuseIfClosed();
    MemoryStream known = known(ref);
    if (known != null) {
      return known;
    }
    String key = StreamKeys.of(ref);
    return StreamKeys.isPrivateReplies(key) && !streams.containsKey(key) ? null : stream(ref);
  }

  private static List<String> added(
      List<Append> batch, List<@Nullable MemoryStream> targets, Changes changes) {
    if (batch.isEmpty()) {
      return List.of();
    }
    List<String> ids = new ArrayList<>(batch.size());
    int done = 0;
    try {
      for (; done < batch.size(); done++) {
        MemoryStream stream = targets.get(done);
        ids.add(stream == null ? "" : stream.add(batch.get(done).message(), changes));
      }
      return ids;
    } catch (LeatException refused) {
      for (MemoryStream before : targets.subList(0, done)) {
        if (before != null) {
          before.takeBack();
        }
      }
      throw refused;
    }
  }

  /** All of it or nothing, and once. */
  CompletionStage<Boolean> complete(
      MemoryStream stream, MemoryDelivery delivery, Completion completion) {
    return answer(
        () -> {
          refuseOtherDialects(completion.appends());
          return completed(stream, delivery, completion);
        });
  }

  /**
   * What only a lane hears, which ends with this process, it hears once the rest is done and on the
   * disk: its stream refuses nothing but what is too large.
   */
  private CompletionStage<Boolean> completed(
      MemoryStream stream, MemoryDelivery delivery, Completion completion) {
    refuseIfClosed();
    List<Append> replies = ofLanes(completion.appends(), true);
    replies.forEach(this::refuseTooLarge);
    List<Append> kept = ofLanes(completion.appends(), false);
    List<@Nullable MemoryStream> targets = targets(kept);
    boolean[] another = new boolean[1];
    long position =
        changing(
            changes ->
                MemoryStream.whileLocked(
                    inOrder(targets, stream),
                    () -> {
                      if (!stream.holds(delivery)) {
                        return -1L;
                      }
                      var unusedIds = added(kept, targets, changes);
                      another[0] = stream.take(delivery, changes);
                      return written(completion.notes(), changes);
                    }));
    if (position < 0) {
      return CompletableFuture.completedStage(false);
    }
    for (MemoryStream target : targets) {
      if (target != null) {
        target.handOver();
      }
    }
    if (another[0]) {
      stream.handOver();
    }
    CompletionStage<Boolean> done = journal.after(position, true);
    return replies.isEmpty() ? done : done.thenApply(ended -> told(replies));
  }

  private boolean told(List<Append> replies) {
    var unused =
        append(replies)
            .exceptionally(
                failure -> {
                  String id = replies.getFirst().message().id();
                  log.warn("message={} its reply is lost", id, failure);
                  return List.of();
                });
    return true;
  }

  /** Once the rest is on the disk it is too late. */
  private void refuseTooLarge(Append reply) {
    int size = reply.message().payload().size();
    if (size > limits.bytes()) {
      throw new BadMessage(
          "a reply of %d bytes is more than a stream of the embedded broker holds, which is %d"
              .formatted(size, limits.bytes()));
    }
  }

  /** Hot path: most completions have one reply, to a lane. */
  private List<Append> ofLanes(List<Append> appends, boolean wanted) {
    return switch (appends.size()) {
      case 0 -> appends;
      case 1 -> isOfLane(appends.getFirst().stream()) == wanted ? appends : List.of();
      default -> appends.stream().filter(one -> isOfLane(one.stream()) == wanted).toList();
    };
  }

  private boolean isOfLane(StreamRef ref) {
    MemoryStream known = known(ref);
    return known == null ? StreamKeys.isPrivateReplies(StreamKeys.of(ref)) : known.isOfLane();
  }

  private long written(List<Note> written, Changes changes) {
    return written.isEmpty()
        ? journal.write(changes)
        : notes.whileLocked(
            () -> {
              notes.write(written, changes);
              return journal.write(changes);
            });
  }

  private static List<MemoryStream> inOrder(
      List<@Nullable MemoryStream> targets, MemoryStream own) {
    if (targets.isEmpty()) {
      return List.of(own);
    }
    List<@Nullable MemoryStream> all = new ArrayList<>(targets);
    all.add(own);
    return inOrder(all);
  }

  /** As they are locked, each once. */
  private static List<MemoryStream> inOrder(List<@Nullable MemoryStream> some) {
    Map<Long, MemoryStream> byNumber = new TreeMap<>();
    for (MemoryStream one : some) {
      if (one != null) {
        byNumber.put(one.number(), one);
      }
    }
    return List.copyOf(byNumber.values());
  }

  private <T> T changing(Function<Changes, T> action) {
    Changes changes = journal.begin();
    try {
      return action.apply(changes);
    } finally {
      journal.end();
    }
  }

  /** Ends a stream, unless another has its name by now. */
  void forget(MemoryStream gone) {
    gone.close();
    streams.remove(gone.key(), gone);
    byRef.remove(new StreamRef.At(gone.key()), gone);
  }

  private MemoryStream existing(StreamRef ref) {
    refuseIfClosed();
    MemoryStream known = known(ref);
    return known == null ? existing(StreamKeys.of(ref)) : known;
  }

  private MemoryStream stream(StreamRef ref) {
    refuseIfClosed();
    MemoryStream known = known(ref);
    if (known != null) {
      return known;
    }
    String key = StreamKeys.of(ref);
    MemoryStream found = stream(key);
    byRef.put(ref, found);
    if (streams.get(key) != found) {
      // Forgotten meanwhile.
      byRef.remove(ref);
    }
    return found;
  }

  /** Hot path: to make a key of what is named costs more than to find it. */
  private @Nullable MemoryStream known(StreamRef ref) {
    return byRef.get(ref);
  }

  /** For looking only: asking after a stream does not bring it into being. */
  private MemoryStream existing(String key) {
    MemoryStream found = streams.get(key);
    return found == null ? new MemoryStream(key, 0, limits, loop, this) : found;
  }

  private MemoryStream stream(String key) {
    refuseIfClosed();
    return streams.computeIfAbsent(key, this::newStream);
  }

  private MemoryStream newStream(String key) {
    return new MemoryStream(key, numbers.incrementAndGet(), limits, loop, this);
  }

  private void refuseIfClosed() {
    if (closed) {
      throw new BrokerUnavailable("the embedded broker is closed");
    }
  }

  private static <T> CompletionStage<T> answered(Supplier<T> action) {
    return answer(() -> CompletableFuture.completedStage(action.get()));
  }

  private static <T> CompletionStage<T> answer(Supplier<CompletionStage<T>> action) {
    try {
      return action.get();
    } catch (LeatException refused) {
      return CompletableFuture.failedStage(refused);
    }
  }

  // As it was written down

  StreamState restoring(String key) {
    return stream(key).state();
  }

  void restored() {
    streams.values().forEach(stream -> stream.state().restored());
  }

  /** All that has to be known besides messages and notes. */
  void writeState(Changes changes) {
    streams.values().stream()
        .filter(MemoryStream::isKept)
        .forEach(stream -> stream.state().writeState(changes));
  }

  /** What stands in the oldest segments is written once more. */
  void writeContentOf(int segment, Consumer<Changes.Placed> moved, Changes changes) {
    streams.values().stream()
        .filter(MemoryStream::isKept)
        .forEach(stream -> stream.state().writeMessagesOf(segment, moved, changes));
    notes.forEachIn(
        segment,
        (key, note) -> {
          moved.accept(note);
          changes.note(key, note);
        });
  }
}
