package dev.leat.broker.memory;

import dev.leat.Message;
import dev.leat.Participant;
import dev.leat.Position;
import dev.leat.Retention;
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
import dev.leat.broker.OpenMessage;
import dev.leat.broker.ReplyListener;
import dev.leat.broker.StreamCensus;
import dev.leat.broker.StreamHealth;
import dev.leat.broker.Subscription;
import dev.leat.wire.StreamKeys;
import java.time.Duration;
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
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
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
          Capability.TOPIC_RETENTION,
          Capability.ANY_MEMBER,
          Capability.SEVERAL_GROUPS,
          Capability.STREAM_ORDER,
          Capability.REPLIES,
          Capability.CANCELLATION,
          Capability.HANDLED_TYPES,
          Capability.PARTICIPANTS,
          Capability.CENSUS,
          Capability.TIME_POSITION);

  /** Whoever has the folder lets others in. */
  static final Set<Capability> OF_FILE = withProcesses();

  /** Who looks where the disk is full or stands still is told what is in memory. */
  private static final Duration LONGEST_SYNC = Duration.ofMillis(500);

  private final Journal journal;
  private final StreamRegistry streams;
  private final Transactions transactions;
  private final Map<Announcement, Supplier<Participant>> participants = new ConcurrentHashMap<>();
  private final Map<Topic, CancelledStream> cancelled = new ConcurrentHashMap<>();
  private final Notes notes;

  /** Hot path: asked for with each reply. */
  private final BrokerLimits brokerLimits;

  private volatile @Nullable AutoCloseable server;

  MemoryBroker(Limits limits, EventLoop loop, Journal journal) {
    this.journal = journal;
    this.notes = new Notes(loop.clock(), limits, journal);
    this.streams = new StreamRegistry(this, limits, loop);
    RecordedReplies recorded = new RecordedReplies(journal, loop.clock());
    this.transactions = new Transactions(this, streams, notes, journal, limits, recorded);
    this.brokerLimits =
        BrokerLimits.NONE.withLargestMessage(Math.min(limits.bytes(), journal.largest()));
  }

  private static Set<Capability> withProcesses() {
    Set<Capability> all = EnumSet.copyOf(OF_MEMORY);
    all.add(Capability.SEVERAL_PROCESSES);
    // It forgets by whole files, in which all topics stand.
    all.remove(Capability.TOPIC_RETENTION);
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
    return Answers.now(
        () -> {
          streams.refuseIfClosed();
          return transactions.changing(changes -> true);
        });
  }

  @Override
  public Lane openLane(EventLoop laneLoop, String name, ReplyListener replies) {
    return new MemoryLane(this, laneLoop, name, streams.newOfLane(name), replies);
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
  public CompletionStage<?> append(Append one) {
    return append(List.of(one));
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
        transactions.changing(
            changes ->
                streams.get(membership.topic().incoming()).join(membership, listener, changes));
    listener.onConnected();
    return begun;
  }

  @Override
  public Subscription tail(StreamRef stream, Position from, EntryListener listener) {
    MemoryStream read = streams.get(stream);
    Tail begun = read.followUnlessPast(from, listener);
    return begun == null
        ? new HistoryTail(read, from, (next, limit) -> read(read, next, limit), listener)
        : begun;
  }

  @Override
  public CompletionStage<List<Entry>> range(StreamRef stream, Position from, int limit) {
    return Answers.of(
        () -> {
          MemoryStream read = streams.existing(stream);
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
    List<Entry> read = history.read(stream.key(), past.after(), past.from(), past.to(), limit);
    for (Entry entry : read) {
      found.put(EntryId.parse(entry.id()), entry);
    }
    boolean isCut = Portion.isFull(read);
    for (Entry entry : past.rest()) {
      EntryId id = EntryId.parse(entry.id());
      // Between the two there may be more in the history.
      if (!isCut || id.compareTo(found.lastKey()) < 0) {
        found.put(id, entry);
      }
    }
    return Portion.of(found.values().stream().limit(limit).toList());
  }

  /** What is said to be ended is on the disk, as what was sent with it: that can be read then. */
  @Override
  public CompletionStage<StreamHealth> health(StreamRef stream) {
    return Answers.of(
        () -> {
          StreamHealth health = streams.existing(stream).health(stream);
          return journal
              .after(journal.position(), health)
              .toCompletableFuture()
              .completeOnTimeout(health, LONGEST_SYNC.toMillis(), TimeUnit.MILLISECONDS);
        });
  }

  @Override
  public CompletionStage<StreamCensus> census(Topic topic) {
    return Answers.now(() -> streams.existing(topic.incoming()).census(topic.incoming()));
  }

  @Override
  public CompletionStage<List<OpenMessage>> open(
      Topic topic, String group, Position from, int limit) {
    return Answers.now(() -> streams.existing(topic.incoming()).open(group, from, limit));
  }

  @Override
  public CompletionStage<Set<String>> untaken(StreamRef stream, List<String> entryIds) {
    return Answers.now(() -> streams.existing(stream).untaken(entryIds));
  }

  @Override
  public CompletionStage<Boolean> isHandled(Topic topic, String group, String type) {
    return Answers.now(() -> streams.existing(topic.incoming()).isHandled(group, type));
  }

  @Override
  public Announcement announce(Supplier<Participant> participant) {
    streams.refuseIfClosed();
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
    return Answers.now(
        () -> {
          streams.refuseIfClosed();
          return participants.values().stream().map(Supplier::get).toList();
        });
  }

  @Override
  public CompletionStage<Set<Topic>> topics() {
    return Answers.now(
        () ->
            streams.keys().stream()
                .flatMap(key -> StreamKeys.incomingTopic(key).stream())
                .collect(Collectors.toSet()));
  }

  @Override
  public CompletionStage<Boolean> move(StreamRef stream, String entryId, Append to) {
    return Answers.of(() -> transactions.move(stream, entryId, to));
  }

  @Override
  public CompletionStage<Boolean> moveUntaken(StreamRef stream, String entryId, Append to) {
    return Answers.of(() -> transactions.moveUntaken(stream, entryId, to));
  }

  @Override
  public CompletionStage<Optional<Message>> noteIfAbsent(Note note) {
    return Answers.of(
        () ->
            switch (transactions.changing(changes -> notes.writeIfAbsent(note, changes))) {
              case Notes.Written.There there ->
                  CompletableFuture.completedStage(Optional.of(there.message()));
              case Notes.Written.New kept -> journal.after(kept.position(), Optional.empty());
            });
  }

  @Override
  public CompletionStage<Boolean> renewNote(Note note) {
    return Answers.of(
        () -> {
          long position = transactions.changing(changes -> notes.renew(note, changes));
          return position < 0
              ? CompletableFuture.completedStage(false)
              : journal.after(position, true);
        });
  }

  /** Most goes by itself, with what comes; what only grows old does not. */
  @Override
  public CompletionStage<?> tidy(StreamRef stream) {
    return Answers.now(
        () -> {
          streams.existing(stream).tidy();
          return true;
        });
  }

  @Override
  public CompletionStage<?> retain(StreamRef.OfTopic stream, Retention retention) {
    require(Capability.TOPIC_RETENTION);
    return Answers.now(
        () -> {
          streams.get(stream).retain(retention);
          if (stream instanceof StreamRef.Incoming requests) {
            streams.get(requests.topic().failedAttempts()).retain(retention);
          }
          return true;
        });
  }

  @Override
  public CompletionStage<Long> trim(StreamRef stream, long keep) {
    return Answers.now(
        () -> transactions.changing(changes -> streams.existing(stream).trim(keep, changes)));
  }

  @Override
  public void close() {
    if (streams.close()) {
      letsNobodyIn();
      streams.all().forEach(MemoryStream::close);
      journal.close();
      streams.clear();
    }
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
    return transactions.append(batch, then);
  }

  /** All of it or nothing, and once. */
  CompletionStage<Boolean> complete(
      MemoryStream stream, MemoryDelivery delivery, Completion completion) {
    return transactions.complete(stream, delivery, completion);
  }

  /** Ends a stream of a lane. */
  void end(MemoryStream ofLane) {
    streams.end(ofLane);
  }

  // As it was written down

  StreamState restoring(String key) {
    return streams.get(key).state();
  }

  void restored() {
    streams.all().forEach(stream -> stream.state().restored());
  }

  /** All that has to be known besides messages and notes. */
  void writeState(Changes changes) {
    streams.all().stream()
        .filter(MemoryStream::isKept)
        .forEach(stream -> stream.state().writeState(changes));
  }

  /** What stands in the oldest segments is written once more. */
  void writeContentOf(int segment, Consumer<Changes.Placed> moved, Changes changes) {
    streams.all().stream()
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
