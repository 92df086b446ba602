package dev.leat.kafka;

import dev.leat.BadConfiguration;
import dev.leat.BrokerUnavailable;
import dev.leat.Dialect;
import dev.leat.LeatException;
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
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.AuthenticationException;

/**
 * Streams of a Kafka cluster: topics, groups that track what they have completed by themselves, and
 * one topic for all replies. Any thread.
 */
final class KafkaBroker implements Broker {
  private static final Set<Capability> CAPABILITIES =
      Set.of(
          Capability.KEY_ORDER,
          Capability.TAIL,
          Capability.RANGE,
          Capability.TRIM,
          Capability.MOVE,
          Capability.SEVERAL_GROUPS,
          Capability.REPLIES,
          Capability.CANCELLATION,
          Capability.PARTICIPANTS,
          Capability.CENSUS,
          Capability.NOTES,
          Capability.SEVERAL_PROCESSES,
          Capability.TIME_POSITION);

  private static final Set<Capability> WITH_TRANSACTIONS =
      Stream.concat(CAPABILITIES.stream(), Stream.of(Capability.ATOMIC_COMPLETION))
          .collect(Collectors.toUnmodifiableSet());

  /** As Kafka has it, where nobody said otherwise. */
  private static final long LARGEST = 1_000_000;

  private static final BrokerLimits LIMITS =
      new BrokerLimits(
          BrokerLimits.NONE.shortestLease(),
          BrokerLimits.NONE.longestLease(),
          BrokerLimits.NONE.longestDelay(),
          BrokerLimits.NONE.deliveries(),
          LARGEST,
          Duration.ofMillis(200));

  private static final Duration FIRST = Duration.ofSeconds(10);
  private static final Duration FAREWELL = Duration.ofSeconds(3);

  private final KafkaSettings settings;
  private final EventLoop loop;
  private final Admin admin;
  private final KafkaTopics topics;
  private final Moves moves;
  private final KafkaHealth health;
  private final Appends appends;
  private final RangeReader ranges;
  private final KafkaNotes notes;
  private final KafkaCensus census;
  private final ReplyReader replies;
  private final KafkaParticipants participants;
  private final KafkaWatch watch;
  private final Map<Topic, CancelledStream> cancelled = new ConcurrentHashMap<>();
  private final Set<KafkaMember> members = ConcurrentHashMap.newKeySet();
  private final Set<KafkaTail> tails = ConcurrentHashMap.newKeySet();
  private volatile boolean closed;

  private KafkaBroker(
      KafkaSettings settings,
      EventLoop loop,
      Admin admin,
      KafkaTopics topics,
      List<Integer> replyLeaders) {
    this.settings = settings;
    this.loop = loop;
    this.admin = admin;
    this.topics = topics;
    KafkaOffsets offsets = new KafkaOffsets(admin);
    this.moves = new Moves(settings, admin, topics, offsets);
    this.appends = new Appends(settings, topics);
    this.ranges = new RangeReader(settings, topics, offsets, moves);
    TransactionMarkers markers = settings.transactions() ? new TransactionMarkers(ranges) : null;
    this.health = new KafkaHealth(admin, topics, offsets, moves, markers);
    this.notes = new KafkaNotes(this, settings, topics, ranges, loop.clock());
    this.census = new KafkaCensus(admin, topics, offsets, health, ranges, loop.wallClock());
    this.participants = new KafkaParticipants(this, loop);
    this.watch = new KafkaWatch(admin, loop, members);
    this.replies = new ReplyReader(settings, topics, replyLeaders, loop.clock());
  }

  /**
   * Waits for a first answer.
   *
   * @throws BrokerUnavailable if there is none
   */
  static KafkaBroker open(KafkaSettings settings, EventLoop loop) {
    Admin admin;
    try {
      settings.check();
      admin = Admin.create(settings.admin());
    } catch (KafkaException unusable) {
      throw refused(settings, unusable);
    }
    try {
      var unused =
          KafkaFailures.stage(admin.describeCluster().nodes())
              .toCompletableFuture()
              .orTimeout(FIRST.toMillis(), TimeUnit.MILLISECONDS)
              .join();
    } catch (CompletionException silent) {
      admin.close(Duration.ZERO);
      LeatException known = KafkaFailures.of(silent);
      if (known.getCause() instanceof AuthenticationException) {
        throw known;
      }
      throw new BrokerUnavailable(
          "no Kafka answers at %s: is it running, and is the address right?".formatted(settings),
          silent);
    }
    try {
      KafkaTopics topics = new KafkaTopics(admin, settings);
      List<Integer> leaders =
          topics
              .partitions(TopicNames.REPLIES)
              .thenCompose(many -> topics.leaders(TopicNames.REPLIES))
              .join();
      return new KafkaBroker(settings, loop, admin, topics, leaders);
    } catch (CompletionException away) {
      admin.close(Duration.ZERO);
      throw KafkaFailures.of(away);
    } catch (KafkaException unusable) {
      admin.close(Duration.ZERO);
      throw refused(settings, unusable);
    }
  }

  private static LeatException refused(KafkaSettings settings, KafkaException unusable) {
    LeatException known = KafkaFailures.of(unusable);
    return known instanceof BadConfiguration
        ? new BadConfiguration("%s: %s".formatted(settings, known.getMessage()))
        : known;
  }

  @Override
  public Set<Capability> capabilities() {
    return settings.transactions() ? WITH_TRANSACTIONS : CAPABILITIES;
  }

  @Override
  public BrokerLimits limits() {
    return LIMITS;
  }

  @Override
  public CompletionStage<?> ping() {
    return open(() -> KafkaFailures.stage(admin.describeCluster().nodes()));
  }

  @Override
  public Lane openLane(EventLoop laneLoop, String name, ReplyListener listener) {
    refuseIfClosed();
    return new KafkaLane(this, replies, laneLoop, name, listener);
  }

  @Override
  public String addressOf(StreamRef stream) {
    return TopicNames.of(stream);
  }

  @Override
  public boolean isForReplies(String address) {
    return TopicNames.isForReplies(address);
  }

  @Override
  public CompletionStage<?> append(Append one) {
    return append(List.of(one));
  }

  CompletionStage<List<String>> append(List<Append> batch) {
    for (Append one : batch) {
      if (one.dialect() != Dialect.PACKED) {
        return CompletableFuture.failedStage(Capability.NAMED_DIALECT.missing());
      }
    }
    return appends.append(batch);
  }

  @Override
  public Subscription subscribe(Membership membership, DeliveryListener listener) {
    refuseIfClosed();
    Places.refuseStrange(membership.start());
    KafkaMember member = new KafkaMember(this, settings, topics, loop, membership, listener);
    members.add(member);
    watch.begin();
    var unused = member.hasLeft().whenComplete((done, failure) -> members.remove(member));
    member.start();
    return member;
  }

  /** Of a member, whose own they are: what it left when it was killed ends by its time alone. */
  CompletionTransactions transactions(
      KafkaMember member, Membership membership, InstantSource clock) {
    String id = "leat-member.%s.%s".formatted(membership.member(), UUID.randomUUID());
    TransactionProducer producer = new TransactionProducer(settings, admin, id);
    return new CompletionTransactions(member, appends, producer, clock);
  }

  @Override
  public Subscription cancellations(Topic topic, Consumer<List<Cancellation>> listener) {
    return cancelled(topic).follow(listener);
  }

  CancelledStream cancelled(Topic topic) {
    return cancelled.computeIfAbsent(
        topic, one -> new CancelledStream(this, new StreamRef.At(TopicNames.cancelled(one))));
  }

  @Override
  public Subscription tail(StreamRef stream, Position from, EntryListener listener) {
    refuseIfClosed();
    Places.refuseStrange(from);
    KafkaTail tail =
        new KafkaTail(settings, topics, moves, TopicNames.of(stream), from, listener, loop.clock());
    tails.add(tail);
    return tail;
  }

  @Override
  public CompletionStage<List<Entry>> range(StreamRef stream, Position from, int limit) {
    return open(() -> ranges.read(TopicNames.of(stream), from, limit));
  }

  @Override
  public CompletionStage<StreamHealth> health(StreamRef stream) {
    return open(() -> health.of(stream));
  }

  @Override
  public CompletionStage<Set<Topic>> topics() {
    return open(health::topics);
  }

  @Override
  public CompletionStage<Long> trim(StreamRef stream, long keep) {
    return open(() -> health.trim(stream, keep));
  }

  /** Kafka forgets by itself. */
  @Override
  public CompletionStage<?> tidy(StreamRef stream) {
    return open(() -> CompletableFuture.completedStage(true));
  }

  @Override
  public Announcement announce(Supplier<Participant> participant) {
    refuseIfClosed();
    return participants.add(participant);
  }

  @Override
  public CompletionStage<List<Participant>> participants() {
    return open(participants::now);
  }

  @Override
  public CompletionStage<Boolean> move(StreamRef stream, String entryId, Append to) {
    String topic = TopicNames.of(stream);
    if (!TopicNames.isMovable(topic)) {
      return lacking(Capability.EXACT_BACKLOG);
    }
    return open(() -> moves.move(topic, EntryPlace.parse(entryId), to));
  }

  @Override
  public CompletionStage<StreamCensus> census(Topic topic) {
    return open(() -> census.of(topic));
  }

  @Override
  public CompletionStage<List<OpenMessage>> open(
      Topic topic, String group, Position from, int limit) {
    return open(() -> census.open(topic, group, from, limit));
  }

  @Override
  public CompletionStage<Optional<Message>> noteIfAbsent(Note note) {
    return open(() -> notes.claim(note));
  }

  @Override
  public CompletionStage<Boolean> renewNote(Note note) {
    return open(() -> notes.renew(note));
  }

  // What it cannot do

  @Override
  public CompletionStage<Set<String>> untaken(StreamRef stream, List<String> entryIds) {
    return lacking(Capability.EXACT_BACKLOG);
  }

  @Override
  public CompletionStage<Boolean> isHandled(Topic topic, String group, String type) {
    return lacking(Capability.HANDLED_TYPES);
  }

  @Override
  public CompletionStage<Boolean> moveUntaken(StreamRef stream, String entryId, Append to) {
    return lacking(Capability.EXACT_BACKLOG);
  }

  @Override
  public CompletionStage<?> retain(StreamRef.OfTopic stream, Retention retention) {
    return lacking(Capability.TOPIC_RETENTION);
  }

  private static <T> CompletionStage<T> lacking(Capability capability) {
    return CompletableFuture.failedStage(capability.missing());
  }

  private <T> CompletionStage<T> open(Supplier<CompletionStage<T>> asked) {
    if (closed) {
      return CompletableFuture.failedStage(closed());
    }
    try {
      return asked.get();
    } catch (RuntimeException refused) {
      return CompletableFuture.failedStage(KafkaFailures.of(refused));
    }
  }

  private void refuseIfClosed() {
    if (closed) {
      throw closed();
    }
  }

  private static BrokerUnavailable closed() {
    return new BrokerUnavailable("the broker is closed");
  }

  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    watch.close();
    participants.close();
    tails.forEach(KafkaTail::close);
    replies.close();
    notes.close();
    ranges.close();
    List<KafkaMember> left = List.copyOf(members);
    left.forEach(KafkaMember::stop);
    var unused =
        CompletableFuture.allOf(
                left.stream().map(KafkaMember::hasLeft).toArray(CompletableFuture[]::new))
            .completeOnTimeout(null, FAREWELL.toMillis(), TimeUnit.MILLISECONDS)
            .join();
    moves.close();
    appends.close();
    admin.close(Duration.ZERO);
  }
}
