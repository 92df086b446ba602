package dev.leat.testkit.poor;

import dev.leat.BadMessage;
import dev.leat.Message;
import dev.leat.Participant;
import dev.leat.Position;
import dev.leat.Retention;
import dev.leat.StreamRef;
import dev.leat.Topic;
import dev.leat.Unsupported;
import dev.leat.broker.Announcement;
import dev.leat.broker.Append;
import dev.leat.broker.Broker;
import dev.leat.broker.BrokerLimits;
import dev.leat.broker.Cancellation;
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
import dev.leat.broker.StreamHealth;
import dev.leat.broker.Subscription;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * The embedded broker, and of what it can do hardly more than a simple queue of a cloud: so that
 * what is done without a capability is tried out, wherever nothing poorer is at hand. Any thread.
 */
final class PoorBroker implements Broker {
  /** Of a message, after which it is gone. */
  static final int DELIVERIES = 10;

  /** What a queue of Amazon SQS has: whole seconds up to twelve hours, and a quarter megabyte. */
  private static final BrokerLimits LIMITS =
      new BrokerLimits(
          Duration.ofSeconds(1),
          Duration.ofHours(12),
          Duration.ofHours(12),
          DELIVERIES,
          256 << 10,
          Duration.ofSeconds(1));

  private final Broker inner;
  private final EventLoop loop;
  private final StaleHealth health;
  private final PoorAppends appends;
  private final Map<Topic, String> groups = new ConcurrentHashMap<>();

  PoorBroker(Broker inner, EventLoop loop) {
    this.inner = inner;
    this.loop = loop;
    this.health = new StaleHealth(inner, loop, LIMITS.healthPause());
    this.appends = new PoorAppends(inner, loop);
  }

  @Override
  public Set<Capability> capabilities() {
    return Set.of(Capability.REPLIES, Capability.RANGE, Capability.ANY_MEMBER);
  }

  @Override
  public BrokerLimits limits() {
    return LIMITS;
  }

  @Override
  public CompletionStage<?> ping() {
    return inner.ping();
  }

  @Override
  public Lane openLane(EventLoop laneLoop, String name, ReplyListener replies) {
    return new PoorLane(inner.openLane(laneLoop, name, replies));
  }

  @Override
  public String addressOf(StreamRef stream) {
    return inner.addressOf(stream);
  }

  @Override
  public boolean isForReplies(String address) {
    return inner.isForReplies(address);
  }

  @Override
  public Subscription subscribe(Membership membership, DeliveryListener listener) {
    if (membership.ordered()) {
      throw Capability.KEY_ORDER.missing();
    }
    if (membership.start() instanceof Position.At) {
      throw Capability.TIME_POSITION.missing();
    }
    LIMITS
        .refusedLease(membership.lease())
        .ifPresent(
            why -> {
              throw new Unsupported(why);
            });
    String group = membership.group();
    if (!groups.computeIfAbsent(membership.topic(), first -> group).equals(group)) {
      throw Capability.SEVERAL_GROUPS.missing();
    }
    PoorMember member = new PoorMember(loop, membership, appends, listener);
    return member.over(inner.subscribe(membership, member));
  }

  @Override
  public Announcement announce(Supplier<Participant> participant) {
    throw Capability.PARTICIPANTS.missing();
  }

  @Override
  public CompletionStage<List<Participant>> participants() {
    return CompletableFuture.failedStage(Capability.PARTICIPANTS.missing());
  }

  @Override
  public Subscription cancellations(Topic topic, Consumer<List<Cancellation>> listener) {
    throw Capability.CANCELLATION.missing();
  }

  @Override
  public Subscription tail(StreamRef stream, Position from, EntryListener listener) {
    throw Capability.TAIL.missing();
  }

  @Override
  public CompletionStage<List<Entry>> range(StreamRef stream, Position from, int limit) {
    return from instanceof Position.At
        ? missing(Capability.TIME_POSITION)
        : inner.range(stream, from, limit);
  }

  @Override
  public CompletionStage<StreamHealth> health(StreamRef stream) {
    return health.of(stream);
  }

  @Override
  public CompletionStage<Set<String>> untaken(StreamRef stream, List<String> entryIds) {
    return missing(Capability.EXACT_BACKLOG);
  }

  @Override
  public CompletionStage<Boolean> isHandled(Topic topic, String group, String type) {
    return missing(Capability.HANDLED_TYPES);
  }

  @Override
  public CompletionStage<Set<Topic>> topics() {
    return inner.topics();
  }

  @Override
  public CompletionStage<Boolean> move(StreamRef stream, String entryId, Append to) {
    return missing(Capability.MOVE);
  }

  @Override
  public CompletionStage<Boolean> moveUntaken(StreamRef stream, String entryId, Append to) {
    return missing(Capability.MOVE);
  }

  @Override
  public CompletionStage<Optional<Message>> noteIfAbsent(Note note) {
    return missing(Capability.NOTES);
  }

  @Override
  public CompletionStage<Boolean> renewNote(Note note) {
    return missing(Capability.NOTES);
  }

  @Override
  public CompletionStage<?> append(Append one) {
    return tooLarge(List.of(one))
        .<CompletionStage<?>>map(CompletableFuture::failedStage)
        .orElseGet(() -> inner.append(one));
  }

  @Override
  public CompletionStage<?> retain(StreamRef.OfTopic stream, Retention retention) {
    throw Capability.TOPIC_RETENTION.missing();
  }

  @Override
  public CompletionStage<List<OpenMessage>> open(
      Topic topic, String group, Position from, int limit) {
    return missing(Capability.CENSUS);
  }

  @Override
  public CompletionStage<?> tidy(StreamRef stream) {
    return inner.tidy(stream);
  }

  @Override
  public CompletionStage<Long> trim(StreamRef stream, long keep) {
    return missing(Capability.TRIM);
  }

  @Override
  public void close() {
    inner.close();
  }

  /** Why a batch is not taken, if it is not. */
  static Optional<BadMessage> tooLarge(List<Append> batch) {
    return batch.stream()
        .filter(append -> append.message().payload().size() > LIMITS.largestMessage())
        .findFirst()
        .map(
            append ->
                new BadMessage(
                    "a payload of %d bytes is too large, the most are %d"
                        .formatted(append.message().payload().size(), LIMITS.largestMessage())));
  }

  static <T> CompletionStage<T> missing(Capability capability) {
    return CompletableFuture.failedStage(capability.missing());
  }
}
