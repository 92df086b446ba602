package dev.leat.broker.remote;

import dev.leat.BrokerUnavailable;
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
import dev.leat.wire.ParticipantJson;
import dev.leat.wire.RecordReader;
import dev.leat.wire.RecordWriter;
import dev.leat.wire.StreamKeys;
import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A broker that another process has. Where that process goes, what is under way fails, and lanes
 * and readers go on with whichever process has the broker next. Any thread.
 */
public final class RemoteBroker implements Broker {
  private static final Logger log = LoggerFactory.getLogger(RemoteBroker.class);

  private static final Duration FIRST_PAUSE = Duration.ofMillis(20);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(1);

  /** Whoever says nothing for so long, though asked, is given up. */
  private static final Duration SILENCE = Duration.ofSeconds(15);

  /** Leads to whoever has the broker, and may make that this process. */
  public interface Way extends AutoCloseable {
    /**
     * A connection; asked again and again while there is none.
     *
     * @throws IOException if nobody is there now
     */
    SocketChannel connect() throws IOException;

    /** Where this process has the broker, it gives it up. */
    @Override
    void close();
  }

  private final String name;

  /** To whoever has the broker: its connections are those of one client. */
  private final String client = UUID.randomUUID().toString();

  private final EventLoop loop;
  private final Set<Capability> capabilities;
  private final Way way;
  private final Set<RemoteReading> readings = ConcurrentHashMap.newKeySet();
  private final Set<RemoteLane> lanes = ConcurrentHashMap.newKeySet();
  private final Set<RemoteAnnouncement> announcements = ConcurrentHashMap.newKeySet();
  private final CompletableFuture<Session> first = new CompletableFuture<>();
  private final Thread thread;
  private volatile @Nullable Session session;

  /** The last that was begun. */
  private volatile @Nullable Session trying;

  private volatile BrokerLimits limits = BrokerLimits.NONE;
  private volatile Duration clockAhead = Duration.ZERO;
  private volatile boolean closed;

  private RemoteBroker(String name, EventLoop loop, Set<Capability> capabilities, Way way) {
    this.name = name;
    this.loop = loop;
    this.capabilities = capabilities;
    this.way = way;
    this.thread = Thread.ofVirtual().name("leat-broker-client").unstarted(this::work);
  }

  /**
   * Connects, and waits until somebody has answered.
   *
   * @param name of the broker, for sentences
   * @param capabilities that the broker has
   * @param patience how long it is waited
   * @throws BrokerUnavailable if nobody answers for so long
   * @throws LeatException if who answers cannot be spoken with
   */
  public static RemoteBroker connect(
      String name, EventLoop loop, Set<Capability> capabilities, Way way, Duration patience) {
    RemoteBroker broker = new RemoteBroker(name, loop, capabilities, way);
    broker.thread.start();
    broker.watch();
    LeatException cause;
    try {
      var unused = broker.first.get(patience.toMillis(), TimeUnit.MILLISECONDS);
      return broker;
    } catch (ExecutionException refused) {
      cause = refused.getCause() instanceof LeatException known ? known : broker.away(refused);
    } catch (TimeoutException late) {
      cause = broker.away(late);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      cause = broker.away(interrupted);
    }
    broker.close();
    throw cause;
  }

  private void work() {
    Duration pause = FIRST_PAUSE;
    for (long turn = 1; !closed; turn++) {
      long begin = System.nanoTime();
      try {
        run(new Session(name, client, turn, way.connect(), this::begin));
      } catch (IOException nobody) {
        log.debug("{} has nobody who answers", name, nobody);
      } catch (Throwable broken) {
        if (!first.completeExceptionally(broken)) {
          log.warn("{} is asked again: {}", name, broken.toString());
        }
      }
      if (System.nanoTime() - begin > LONGEST_PAUSE.toNanos()) {
        pause = FIRST_PAUSE;
      }
      if (!closed) {
        LockSupport.parkNanos(pause.toNanos());
      }
      Duration longer = pause.multipliedBy(2);
      pause = longer.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : longer;
    }
  }

  private void run(Session now) throws IOException {
    trying = now;
    try {
      now.run();
    } finally {
      now.close();
      boolean had = session == now;
      session = null;
      lanes.forEach(RemoteLane::lost);
      readings.forEach(RemoteReading::lost);
      if (had && !closed) {
        log.warn("{}: the process that has it is gone; asking again", name);
      }
    }
  }

  /** One that stands still, or whose hello never comes, is as one that is gone. */
  private void watch() {
    Session now = trying;
    if (now != null && now.silence().compareTo(SILENCE) > 0) {
      now.close();
    }
    Session there = session;
    if (there != null) {
      announcements.forEach(announcement -> announcement.say(there));
    }
    if (!closed) {
      var unused = ping();
      var unusedTimer = loop.schedule(SILENCE.dividedBy(3), this::watch);
    }
  }

  private void begin(Session now) {
    limits = BrokerLimits.NONE.withLargestMessage(now.largestMessage());
    clockAhead = Duration.ofMillis(now.clock() - loop.clock().millis());
    session = now;
    lanes.forEach(lane -> lane.goOn(now));
    readings.forEach(reading -> reading.goOn(now));
    announcements.forEach(announcement -> announcement.say(now));
    if (!first.complete(now)) {
      log.info("{} is there again", name);
    }
    if (closed) {
      now.close();
    }
  }

  private LeatException away() {
    return closed
        ? new BrokerUnavailable(name + " is closed")
        : new BrokerUnavailable(name + ": nobody has it at the moment");
  }

  private LeatException away(Exception cause) {
    return new BrokerUnavailable(name + ": nobody who has it answers", cause);
  }

  /** Why nobody is there; null where somebody is. */
  private @Nullable LeatException awayNow() {
    return session == null ? away() : null;
  }

  private <T> CompletionStage<T> ask(
      Frame frame, Consumer<RecordWriter> writer, Function<RecordReader, T> reader) {
    Session now = session;
    return now == null ? CompletableFuture.failedStage(away()) : now.ask(frame, writer, reader);
  }

  private <T extends RemoteReading> T begun(T reading) {
    if (closed) {
      throw away();
    }
    readings.add(reading);
    Session now = session;
    if (now != null) {
      reading.goOn(now);
    }
    if (closed) {
      reading.close();
    }
    return reading;
  }

  @Override
  public Set<Capability> capabilities() {
    return capabilities;
  }

  @Override
  public BrokerLimits limits() {
    return limits;
  }

  @Override
  public Duration clockAhead() {
    return clockAhead;
  }

  private Instant brokersTime() {
    return loop.clock().instant().plus(clockAhead);
  }

  @Override
  public CompletionStage<?> ping() {
    return ask(Frame.PING, out -> {}, in -> true);
  }

  @Override
  public Lane openLane(EventLoop laneLoop, String lane, ReplyListener replies) {
    if (closed) {
      throw away();
    }
    RemoteLane opened = new RemoteLane(laneLoop, lane, replies, this::away, lanes::remove);
    lanes.add(opened);
    Session now = session;
    if (now != null) {
      opened.goOn(now);
    }
    return opened;
  }

  @Override
  public CompletionStage<?> append(Append one) {
    return ask(Frame.APPEND_ONE, out -> Records.write(out, one), in -> true);
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
  public Subscription subscribe(Membership membership, DeliveryListener listener) {
    RemoteMember member =
        begun(new RemoteMember(membership, listener, this::awayNow, loop, readings::remove));
    member.lookAgain();
    return member;
  }

  @Override
  public Subscription cancellations(Topic topic, Consumer<List<Cancellation>> listener) {
    return begun(new RemoteCancellations(topic, listener, loop, readings::remove));
  }

  @Override
  public Subscription tail(StreamRef stream, Position from, EntryListener listener) {
    return begun(new RemoteTail(stream, from, listener, this::brokersTime, loop, readings::remove));
  }

  @Override
  public CompletionStage<List<Entry>> range(StreamRef stream, Position from, int limit) {
    return ask(
        Frame.RANGE,
        out -> Records.write(Records.write(out, stream), from).number(limit),
        in -> Records.readAll(in, Records::readEntry));
  }

  @Override
  public CompletionStage<StreamHealth> health(StreamRef stream) {
    return ask(
        Frame.HEALTH, out -> Records.write(out, stream), in -> Records.readHealth(in, stream));
  }

  @Override
  public CompletionStage<StreamCensus> census(Topic topic) {
    return ask(
        Frame.CENSUS,
        out -> Records.write(out, topic),
        in -> CensusRecords.readCensus(in, topic.incoming()));
  }

  @Override
  public CompletionStage<List<OpenMessage>> open(
      Topic topic, String group, Position from, int limit) {
    return ask(
        Frame.OPEN,
        out -> {
          Records.write(out, topic);
          Records.write(out.text(group), from).number(limit);
        },
        in -> Records.readAll(in, CensusRecords::readOpen));
  }

  @Override
  public CompletionStage<Set<String>> untaken(StreamRef stream, List<String> entryIds) {
    return ask(
        Frame.UNTAKEN,
        out -> Records.writeAll(Records.write(out, stream), entryIds, RecordWriter::text),
        in -> Set.copyOf(Records.readAll(in, RecordReader::text)));
  }

  @Override
  public CompletionStage<Boolean> isHandled(Topic topic, String group, String type) {
    return ask(
        Frame.IS_HANDLED,
        out -> {
          Records.write(out, topic);
          out.text(group).text(type);
        },
        Records::readBoolean);
  }

  @Override
  public Announcement announce(Supplier<Participant> participant) {
    if (closed) {
      throw away();
    }
    RemoteAnnouncement announcement = new RemoteAnnouncement(participant, announcements::remove);
    announcements.add(announcement);
    Session now = session;
    if (now != null) {
      announcement.say(now);
    }
    return announcement;
  }

  @Override
  public CompletionStage<List<Participant>> participants() {
    return ask(
        Frame.PARTICIPANTS,
        out -> {},
        in ->
            Records.readAll(in, RecordReader::text).stream()
                .flatMap(text -> ParticipantJson.read(text).stream())
                .toList());
  }

  @Override
  public CompletionStage<Set<Topic>> topics() {
    return ask(Frame.TOPICS, out -> {}, in -> Set.copyOf(Records.readAll(in, Records::readTopic)));
  }

  @Override
  public CompletionStage<Boolean> move(StreamRef stream, String entryId, Append to) {
    return move(Frame.MOVE, stream, entryId, to);
  }

  @Override
  public CompletionStage<Boolean> moveUntaken(StreamRef stream, String entryId, Append to) {
    return move(Frame.MOVE_UNTAKEN, stream, entryId, to);
  }

  private CompletionStage<Boolean> move(Frame frame, StreamRef stream, String entryId, Append to) {
    return ask(
        frame,
        out -> Records.write(Records.write(out, stream).text(entryId), to),
        Records::readBoolean);
  }

  @Override
  public CompletionStage<Optional<Message>> noteIfAbsent(Note note) {
    return ask(
        Frame.NOTE_IF_ABSENT,
        out -> Records.write(out, note),
        in -> Records.readBoolean(in) ? Optional.of(in.message()) : Optional.empty());
  }

  @Override
  public CompletionStage<Boolean> renewNote(Note note) {
    return ask(Frame.RENEW_NOTE, out -> Records.write(out, note), Records::readBoolean);
  }

  @Override
  public CompletionStage<?> tidy(StreamRef stream) {
    return ask(Frame.TIDY, out -> Records.write(out, stream), in -> true);
  }

  /** No folder keeps for one topic: it forgets by whole files, in which all topics stand. */
  @Override
  public CompletionStage<?> retain(StreamRef.OfTopic stream, Retention retention) {
    throw Capability.TOPIC_RETENTION.missing();
  }

  @Override
  public CompletionStage<Long> trim(StreamRef stream, long keep) {
    return ask(Frame.TRIM, out -> Records.write(out, stream).number(keep), RecordReader::number);
  }

  @Override
  public void close() {
    closed = true;
    thread.interrupt();
    readings.forEach(RemoteReading::close);
    Session now = trying;
    session = null;
    if (now != null) {
      now.close();
    }
    way.close();
  }
}
