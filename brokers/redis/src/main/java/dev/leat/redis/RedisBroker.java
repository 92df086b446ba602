package dev.leat.redis;

import dev.leat.BadConfiguration;
import dev.leat.BrokerUnavailable;
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
import dev.leat.wire.StreamEntry;
import dev.leat.wire.StreamKeys;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.file.FileSystemOptions;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Streams of one server. Any thread. */
final class RedisBroker implements Broker {
  private static final Logger log = LoggerFactory.getLogger(RedisBroker.class);

  /** Bytes of a string that a server takes, proto-max-bulk-len, if it was not told otherwise. */
  private static final BrokerLimits LIMITS = BrokerLimits.NONE.withLargestMessage(512L << 20);

  /** A server that is restarted is back within this. */
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  /** A server that is there answers within this, and one that is not need not be waited for. */
  private static final Duration FAREWELL = Duration.ofSeconds(2);

  private final EventLoop loop;
  private final Vertx vertx;
  private final IoLoop io;

  /** For everything that does not block the connection it is asked on. */
  private final RedisConnection control;

  private final Health health;
  private final Census census;
  private final Announcements announcements;

  /** By their streams, of those that are looked after from here; confined to the loop. */
  private final Map<String, Janitor> janitors = new HashMap<>();

  private final Map<Topic, CancelledStream> cancelled = new ConcurrentHashMap<>();
  private final ServerClock clock;
  private final List<RedisLane> lanes = new CopyOnWriteArrayList<>();
  private final List<Reading> readings = new CopyOnWriteArrayList<>();

  /** Written before the broker is handed out. */
  private Server server;

  private volatile boolean closed;

  private RedisBroker(Server server, EventLoop loop) {
    this.server = server;
    this.loop = loop;
    this.vertx =
        Vertx.vertx(
            new VertxOptions()
                .setEventLoopPoolSize(1)
                .setPreferNativeTransport(true)
                .setFileSystemOptions(
                    new FileSystemOptions()
                        .setFileCachingEnabled(false)
                        .setClassPathResolvingEnabled(false)));
    this.io = new IoLoop(vertx, vertx.getOrCreateContext());
    this.control = io.connection(server);
    this.health = new Health(control, server.kept().requests().bytes());
    this.census = new Census(control, health);
    this.announcements = new Announcements(io, control);
    this.clock = new ServerClock(server.toString(), loop.clock());
    control.keepTime(clock);
  }

  static RedisBroker open(Server server, EventLoop loop) {
    RedisBroker broker = new RedisBroker(server, loop);
    try {
      broker.io.ask(broker.control::connect).join();
      broker.refuseEviction();
      broker.refuseWithoutTransactions();
      return broker;
    } catch (CompletionException failure) {
      broker.close();
      throw failure.getCause() instanceof RuntimeException known ? known : failure;
    }
  }

  /** A server that throws away what it was given, once it is full, loses requests silently. */
  private void refuseEviction() {
    String info;
    try {
      info = io.ask(() -> control.send(Command.of("INFO", "memory"))).join().text();
    } catch (CompletionException forbidden) {
      log.warn("server={} does not say whether it evicts", server, forbidden);
      server = server.withMemory(0);
      return;
    }
    server = server.withMemory(Long.parseLong(said(info, "maxmemory", "0")));
    String policy = said(info, "maxmemory_policy", "noeviction");
    if (!policy.equals("noeviction") && !server.evictionAllowed()) {
      throw new BadConfiguration(
          ("%s: the server evicts keys when its memory is full (maxmemory-policy %s), and with"
                  + " them requests; set it to noeviction, or allow it with ?eviction=allowed")
              .formatted(server, policy));
    }
  }

  private static String said(String info, String name, String otherwise) {
    return info.lines()
        .filter(line -> line.startsWith(name + ":"))
        .map(line -> line.substring(line.indexOf(':') + 1).strip())
        .findFirst()
        .orElse(otherwise);
  }

  /** A user who may not begin a transaction would have its commands done one by one. */
  private void refuseWithoutTransactions() {
    try {
      io.ask(() -> control.sendTogether(List.of())).join();
    } catch (CompletionException refused) {
      throw new BadConfiguration(
          "%s: the user may not use MULTI and EXEC, which replies and completions need; allow them"
              .formatted(server),
          refused);
    }
  }

  @Override
  public Set<Capability> capabilities() {
    return Set.of(Capability.values());
  }

  /** Half a gigabyte is the most that a string of Redis may be. */
  @Override
  public BrokerLimits limits() {
    return LIMITS;
  }

  @Override
  public CompletionStage<?> ping() {
    return ask(() -> control.send(Command.of("TIME")));
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

  private CancelledStream cancelled(Topic topic) {
    return cancelled.computeIfAbsent(
        topic, one -> new CancelledStream(this, new StreamRef.At(StreamKeys.cancelled(one))));
  }

  @Override
  public Lane openLane(EventLoop laneLoop, String name, ReplyListener replies) {
    refuseIfClosed();
    IoLoop own =
        laneLoop
            .unwrap(Context.class)
            .map(context -> new IoLoop(context.owner(), context))
            .orElse(io);
    RedisLane lane = new RedisLane(own, laneLoop, server, name, this::cancelled, replies);
    lanes.add(lane);
    lane.start();
    return lane;
  }

  @Override
  public Subscription subscribe(Membership membership, DeliveryListener listener) {
    return begun(
        membership.ordered()
            ? new OrderedMember(io, server, control, loop, membership, listener)
            : new RedisMember(io, server, control, loop, membership, listener));
  }

  @Override
  public Subscription tail(StreamRef stream, Position from, EntryListener listener) {
    return begun(new RedisTail(io, server, StreamKeys.of(stream), from, listener));
  }

  @Override
  public CompletionStage<List<Entry>> range(StreamRef stream, Position from, int limit) {
    String key = StreamKeys.of(stream);
    String begin =
        switch (from) {
          case Position.Start start -> "-";
          case Position.At at -> Long.toString(at.time().toEpochMilli());
          case Position.After after -> "(" + after.entryId();
          case Position.Now now -> "+";
        };
    if (from instanceof Position.Now) {
      return CompletableFuture.completedStage(List.of());
    }
    return ask(() -> range(key, begin, limit));
  }

  /**
   * Entries that break the protocol are passed over; where nothing is left of a page, the next is
   * it.
   */
  private Future<List<Entry>> range(String key, String begin, int limit) {
    return new RangeRead(control, key, begin, limit)
        .entries()
        .compose(
            raw -> {
              List<Entry> read = RedisTail.decoded(key, raw, broken -> {});
              return read.isEmpty() && !raw.isEmpty()
                  ? range(key, "(" + raw.getLast().id(), limit)
                  : Future.succeededFuture(read);
            });
  }

  @Override
  public CompletionStage<StreamHealth> health(StreamRef stream) {
    return ask(() -> health.of(stream));
  }

  @Override
  public CompletionStage<StreamCensus> census(Topic topic) {
    return ask(() -> census.of(topic));
  }

  @Override
  public CompletionStage<List<OpenMessage>> open(
      Topic topic, String group, Position from, int limit) {
    return ask(() -> census.open(topic, group, from, limit));
  }

  @Override
  public CompletionStage<Set<String>> untaken(StreamRef stream, List<String> entryIds) {
    return ask(() -> health.untaken(StreamKeys.of(stream), entryIds));
  }

  @Override
  public CompletionStage<Boolean> isHandled(Topic topic, String group, String type) {
    return ask(() -> Registration.isHandled(control, StreamKeys.of(topic.incoming()), group, type));
  }

  @Override
  public Announcement announce(Supplier<Participant> participant) {
    refuseIfClosed();
    return announcements.add(participant);
  }

  @Override
  public CompletionStage<List<Participant>> participants() {
    return ask(announcements::participants);
  }

  @Override
  public CompletionStage<Set<Topic>> topics() {
    return ask(health::topics);
  }

  @Override
  public CompletionStage<Boolean> move(StreamRef stream, String entryId, Append to) {
    return move(Script.MOVE, stream, entryId, to);
  }

  @Override
  public CompletionStage<Boolean> moveUntaken(StreamRef stream, String entryId, Append to) {
    return move(Script.MOVE_UNTAKEN, stream, entryId, to);
  }

  private CompletionStage<Boolean> move(
      Script script, StreamRef stream, String entryId, Append to) {
    String from = StreamKeys.of(stream);
    return ask(
        () ->
            script
                .run(
                    control,
                    List.of(from, StreamKeys.of(to.stream()), Health.listening(from)),
                    command ->
                        command.and(entryId).and(StreamEntry.encode(to.message(), to.dialect())))
                .map(moved -> moved.number() == 1));
  }

  @Override
  public Duration clockAhead() {
    return clock.ahead();
  }

  @Override
  public Duration clockAhead(Instant accepted) {
    return clock.aheadAt(accepted.toEpochMilli());
  }

  @Override
  public CompletionStage<Optional<Message>> noteIfAbsent(Note note) {
    return ask(
        () ->
            RetryOnLoss.within(
                    vertx,
                    control,
                    PATIENCE,
                    () ->
                        Script.NOTE.run(
                            control,
                            List.of(note.key()),
                            command ->
                                command.and(note.keep().toMillis()).and(Commands.strings(note))))
                .map(Resp::strings)
                .map(
                    there ->
                        there.size() == 0
                            ? Optional.empty()
                            : Optional.of(StreamEntry.decode(there))));
  }

  @Override
  public CompletionStage<Boolean> renewNote(Note note) {
    return ask(
        () ->
            Script.RENEW
                .run(
                    control,
                    List.of(note.key()),
                    command ->
                        command
                            .and(note.keep().toMillis())
                            .and(note.message().id(), note.message().type()))
                .map(renewed -> renewed.number() == 1));
  }

  @Override
  public CompletionStage<?> append(Append one) {
    return ask(() -> control.send(Commands.append(one)));
  }

  @Override
  public CompletionStage<?> tidy(StreamRef stream) {
    return ask(
        () ->
            janitors
                .computeIfAbsent(
                    StreamKeys.of(stream),
                    key -> new Janitor(io.vertx(), health, server.kept(), key, seen -> {}))
                .sweep());
  }

  @Override
  public CompletionStage<?> retain(StreamRef.OfTopic stream, Retention retention) {
    return ask(() -> TopicRetention.say(control, StreamKeys.of(stream), retention));
  }

  @Override
  public CompletionStage<Long> trim(StreamRef stream, long keep) {
    return ask(() -> health.trim(StreamKeys.of(stream), keep));
  }

  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    lanes.forEach(RedisLane::close);
    leave();
    CompletableFuture<Void> ended = new CompletableFuture<>();
    io.run(
        () ->
            announcements
                .close()
                .timeout(FAREWELL.toMillis(), TimeUnit.MILLISECONDS)
                .onComplete(
                    said -> {
                      control.close();
                      ended.complete(null);
                    }));
    ended.thenCompose(done -> vertx.close().toCompletionStage()).toCompletableFuture().join();
  }

  /** Members give back what is on its way to them, which needs the connection that is left. */
  private void leave() {
    List<Reading> leaving = List.copyOf(readings);
    leaving.forEach(Reading::close);
    CompletableFuture.allOf(
            leaving.stream().map(Reading::gone).toArray(CompletableFuture<?>[]::new))
        .completeOnTimeout(null, FAREWELL.toMillis(), TimeUnit.MILLISECONDS)
        .join();
  }

  private Subscription begun(Reading reading) {
    refuseIfClosed();
    readings.add(reading);
    reading.start(() -> readings.remove(reading));
    return reading;
  }

  private <T> CompletionStage<T> ask(Supplier<Future<T>> question) {
    return closed ? CompletableFuture.failedStage(closedFailure()) : io.ask(question);
  }

  private void refuseIfClosed() {
    if (closed) {
      throw closedFailure();
    }
  }

  private BrokerUnavailable closedFailure() {
    return new BrokerUnavailable(server + ": this connection is closed");
  }
}
