package dev.leat.broker.remote;

import dev.leat.BrokerUnavailable;
import dev.leat.LeatException;
import dev.leat.broker.Broker;
import dev.leat.broker.Delivery;
import dev.leat.broker.Entry;
import dev.leat.broker.EventLoop;
import dev.leat.broker.HandOverGate;
import dev.leat.broker.Lane;
import dev.leat.broker.Membership;
import dev.leat.wire.ParticipantJson;
import dev.leat.wire.RecordReader;
import dev.leat.wire.RecordWriter;
import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One process that uses the broker: its questions are asked in the order in which they came, on the
 * thread that reads them, and answered as the broker answers.
 */
final class ServerConnection implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(ServerConnection.class);

  /** Besides what the largest message has: names, headers, a completion of several appends. */
  private static final int BESIDES = 64 << 20;

  private static final int PORTION_BYTES = 256 << 10;

  /** Bytes that wait to be read by the other side, beyond which deliveries are held back. */
  private static final long MOST_HANDED = 64 << 20;

  /** Bytes of an answer, beyond which what follows is for the next question. */
  private static final int MOST_ANSWERED = 64 << 20;

  private final Broker broker;
  private final EventLoop loop;
  private final ClientTurns turns;
  private final Consumer<ServerConnection> onEnd;
  private final int largestFrame;
  private final Connection connection;
  private final ServedParticipants participants;
  private final Map<Long, Lane> lanes = new ConcurrentHashMap<>();
  private final Map<Long, ServedReading> readings = new ConcurrentHashMap<>();
  private final Map<Long, Delivery> deliveries = new ConcurrentHashMap<>();
  private final AtomicLong numbers = new AtomicLong();

  /** Open until the client has begun another connection, or it has ended. */
  private final HandOverGate taking = new HandOverGate();

  private boolean greeted;

  ServerConnection(
      Broker broker,
      EventLoop loop,
      SocketChannel channel,
      ClientTurns turns,
      Consumer<ServerConnection> onEnd) {
    this.broker = broker;
    this.loop = loop;
    this.turns = turns;
    this.onEnd = onEnd;
    this.largestFrame =
        (int)
            Math.min(
                Integer.MAX_VALUE - 64L,
                Math.min(broker.limits().largestMessage(), Integer.MAX_VALUE) + BESIDES);
    this.participants = new ServedParticipants(broker);
    this.connection = new Connection(channel, largestFrame, this::goOn);
  }

  void start() {
    connection.start("leat-broker-write");
    Thread.ofVirtual().name("leat-broker-read").start(this::read);
  }

  private void read() {
    try {
      connection.read(in -> taking.whileOpen(() -> take(in)));
    } catch (IOException gone) {
      log.debug("a process has gone", gone);
    } catch (RuntimeException broken) {
      log.warn(
          "a process is cut off that said what no version of Leat says: {}", broken.toString());
    } finally {
      end();
    }
  }

  /** What was handed over to whoever is gone goes to others. */
  private void end() {
    connection.close();
    turns.end(this);
    readings.values().forEach(ServedReading::close);
    lanes.values().forEach(Lane::close);
    participants.withdrawAll();
    deliveries.values().forEach(ServerConnection::giveBack);
    onEnd.accept(this);
  }

  private static void giveBack(Delivery delivery) {
    try {
      var unused = delivery.release(Duration.ZERO);
    } catch (LeatException closed) {
      log.debug("message={} not given back", delivery.message().id(), closed);
    }
  }

  /** Readers that waited until the other side has read may go on. */
  private void goOn() {
    readings.values().forEach(ServedReading::goOn);
  }

  private void take(RecordReader in) {
    Frame frame = Frame.read(in);
    long number = in.number();
    if (!greeted) {
      greet(frame, in);
      return;
    }
    try {
      take(frame, number, in);
    } catch (RuntimeException refused) {
      send(Records.write(Frame.FAILURE.of(number), refused));
    }
  }

  /** It is told who is here, and goes by itself if that is not whom it can speak with. */
  private void greet(Frame frame, RecordReader in) {
    if (frame != Frame.HELLO) {
      throw new IllegalStateException("a connection that does not say hello");
    }
    boolean understood = in.number() == Frame.VERSION;
    if (understood && !turns.begin(in.text(), in.number(), this)) {
      throw new IllegalStateException("a client that has begun another connection");
    }
    send(
        Frame.HELLO
            .of(Frame.VERSION)
            .number(broker.limits().largestMessage())
            .number(largestFrame)
            .number(loop.clock().millis()));
    if (understood) {
      greeted = true;
    } else {
      log.warn("a process of another version of Leat is not let in");
    }
  }

  private void take(Frame frame, long number, RecordReader in) {
    switch (frame) {
      case PING -> answer(number, broker.ping(), (out, pong) -> {});
      case OPEN_LANE -> {
        lanes.put(
            number,
            broker.openLane(
                new ServedLoop(loop),
                in.text(),
                replies -> tell(Frame.REPLIES, number, replies, RecordWriter::message)));
        answer(number, CompletableFuture.completedStage(true), (out, opened) -> {});
      }
      case CLOSE_LANE -> {
        Lane lane = lanes.remove(number);
        if (lane != null) {
          lane.close();
        }
      }
      case APPEND ->
          answer(
              number,
              lane(in).append(Records.readAll(in, Records::readAppend)),
              (out, ids) -> Records.writeAll(out, ids, RecordWriter::text));
      case APPEND_ONE ->
          answer(number, broker.append(Records.readAppend(in)), (out, appended) -> {});
      case CANCEL ->
          answer(
              number,
              lane(in).cancel(Records.readTopic(in), Records.readCancellation(in)),
              (out, done) -> {});
      case SUBSCRIBE, TAIL, CANCELLATIONS -> read(frame, number, in);
      case REQUEST, TYPES, END, CLOSE -> reading(frame, number, in);
      case COMPLETE, RELEASE, DECLINE, EXTEND -> delivery(frame, number, in);
      case ANNOUNCE -> participants.announce(number, in.text());
      case WITHDRAW -> participants.withdraw(number);
      case CENSUS -> answer(number, broker.census(Records.readTopic(in)), CensusRecords::write);
      case OPEN ->
          answer(
              number,
              broker.open(
                  Records.readTopic(in), in.text(), Records.readPosition(in), (int) in.number()),
              (out, all) -> Records.writeAll(out, all, CensusRecords::write));
      case RANGE, HEALTH, UNTAKEN, IS_HANDLED, TOPICS, PARTICIPANTS, MOVE, MOVE_UNTAKEN ->
          look(frame, number, in);
      case NOTE_IF_ABSENT ->
          answer(
              number,
              broker.noteIfAbsent(Records.readNote(in)),
              (out, there) -> {
                Records.write(out, there.isPresent());
                there.ifPresent(out::message);
              });
      case RENEW_NOTE -> answer(number, broker.renewNote(Records.readNote(in)), Records::write);
      case TIDY -> answer(number, broker.tidy(Records.readStream(in)), (out, done) -> {});
      case TRIM ->
          answer(number, broker.trim(Records.readStream(in), in.number()), RecordWriter::number);
      default -> throw new IllegalStateException(frame + " is not for a server");
    }
  }

  private void read(Frame frame, long number, RecordReader in) {
    ServedReading reading =
        switch (frame) {
          case SUBSCRIBE -> {
            Membership membership = Records.readMembership(in);
            ServedMember member =
                new ServedMember(
                    Set.copyOf(Records.readAll(in, RecordReader::text)),
                    batch -> handOver(number, batch),
                    cause -> send(Records.write(Frame.ENDED.of(number), cause)));
            yield new ServedReading(connection, member, broker.subscribe(membership, member));
          }
          case TAIL ->
              new ServedReading(
                  connection,
                  null,
                  broker.tail(
                      Records.readStream(in),
                      Records.readPosition(in),
                      batch -> tell(Frame.ENTRIES, number, batch, Records::write)));
          default ->
              new ServedReading(
                  connection,
                  null,
                  broker.cancellations(
                      Records.readTopic(in),
                      batch -> tell(Frame.CANCELLED, number, batch, Records::write)));
        };
    readings.put(number, reading);
    answer(number, reading.ready(), (out, ready) -> {});
  }

  private void reading(Frame frame, long number, RecordReader in) {
    ServedReading reading = readings.get(number);
    switch (frame) {
      case REQUEST -> {
        int more = (int) in.number();
        if (reading != null) {
          reading.request(more);
        }
      }
      case TYPES -> {
        Set<String> types = Set.copyOf(Records.readAll(in, RecordReader::text));
        if (reading != null) {
          reading.types(types);
        }
      }
      case END -> {
        long question = in.number();
        CompletionStage<?> ended =
            reading == null ? CompletableFuture.completedStage(true) : reading.end();
        answer(question, ended, (out, done) -> {});
      }
      default -> {
        readings.remove(number);
        if (reading != null) {
          reading.close();
        }
      }
    }
  }

  private void handOver(long number, List<Delivery> batch) {
    List<Delivery> some = new ArrayList<>();
    long bytes = connection.waiting();
    for (Delivery delivery : batch) {
      bytes += delivery.message().payload().size();
      if (bytes > MOST_HANDED && bytes > delivery.message().payload().size()) {
        holdBack(number, delivery);
      } else {
        some.add(delivery);
      }
    }
    tell(Frame.DELIVERIES, number, some, this::write);
  }

  private void write(RecordWriter out, Delivery delivery) {
    long its = numbers.incrementAndGet();
    deliveries.put(its, delivery);
    out.number(its).message(delivery.message()).text(delivery.entryId());
    out.number(delivery.attempt()).number(delivery.acceptedAt().toEpochMilli());
  }

  /** More was asked for than can be told now: it is nobody's attempt, and comes again. */
  private void holdBack(long number, Delivery delivery) {
    var unused = delivery.decline(Duration.ZERO);
    ServedReading reading = readings.get(number);
    if (reading != null) {
      reading.wantsAgain();
    }
  }

  private void delivery(Frame frame, long number, RecordReader in) {
    long its = in.number();
    Delivery delivery = deliveries.get(its);
    Function<Delivery, CompletionStage<Boolean>> how =
        switch (frame) {
          case COMPLETE -> {
            var completion = Records.readCompletion(in);
            yield one -> one.complete(completion);
          }
          case RELEASE -> {
            Duration delay = Records.readDuration(in);
            yield one -> one.release(delay);
          }
          case DECLINE -> {
            Duration delay = Records.readDuration(in);
            yield one -> one.decline(delay);
          }
          default -> Delivery::extend;
        };
    if (delivery == null) {
      answer(number, CompletableFuture.completedStage(false), Records::write);
      return;
    }
    CompletionStage<Boolean> done = how.apply(delivery);
    if (frame != Frame.EXTEND) {
      done =
          done.thenApply(
              ended -> {
                deliveries.remove(its);
                return ended;
              });
    }
    answer(number, done, Records::write);
  }

  private void look(Frame frame, long number, RecordReader in) {
    switch (frame) {
      case RANGE ->
          answer(
              number,
              broker.range(Records.readStream(in), Records.readPosition(in), (int) in.number()),
              (out, entries) -> Records.writeAll(out, some(entries), Records::write));
      case HEALTH -> answer(number, broker.health(Records.readStream(in)), Records::write);
      case UNTAKEN ->
          answer(
              number,
              broker.untaken(Records.readStream(in), Records.readAll(in, RecordReader::text)),
              (out, ids) -> Records.writeAll(out, ids, RecordWriter::text));
      case IS_HANDLED ->
          answer(
              number,
              broker.isHandled(Records.readTopic(in), in.text(), in.text()),
              Records::write);
      case PARTICIPANTS ->
          answer(
              number,
              broker.participants(),
              (out, all) ->
                  Records.writeAll(
                      out, all, (one, there) -> one.text(ParticipantJson.write(there))));
      case TOPICS ->
          answer(
              number,
              broker.topics(),
              (out, topics) -> Records.writeAll(out, topics, Records::write));
      case MOVE_UNTAKEN ->
          answer(
              number,
              broker.moveUntaken(Records.readStream(in), in.text(), Records.readAppend(in)),
              Records::write);
      default ->
          answer(
              number,
              broker.move(Records.readStream(in), in.text(), Records.readAppend(in)),
              Records::write);
    }
  }

  /** As many as one answer can have; one at least. */
  private static List<Entry> some(List<Entry> entries) {
    long bytes = 0;
    for (int i = 0; i < entries.size(); i++) {
      bytes += entries.get(i).message().payload().size();
      if (i > 0 && bytes > MOST_ANSWERED) {
        return entries.subList(0, i);
      }
    }
    return entries;
  }

  private Lane lane(RecordReader in) {
    Lane lane = lanes.get(in.number());
    if (lane == null) {
      throw new BrokerUnavailable("a lane that is not open");
    }
    return lane;
  }

  /** Tells a batch in frames of a bounded size, in order. */
  private <T> void tell(
      Frame frame, long number, List<T> batch, BiConsumer<RecordWriter, T> writer) {
    RecordWriter part = new RecordWriter();
    ServedReading reading = readings.get(number);
    int count = 0;
    for (T one : batch) {
      int before = part.size();
      writer.accept(part, one);
      count++;
      if (reading != null) {
        reading.told(part.size() - before);
      }
      if (part.size() >= PORTION_BYTES) {
        send(frame, number, count, part);
        count = 0;
        part.clear();
      }
    }
    if (count > 0) {
      send(frame, number, count, part);
    }
  }

  private void send(Frame frame, long number, int count, RecordWriter part) {
    send(frame.of(number).number(count).raw(part.bytes(), 0, part.size()));
  }

  private <T> void answer(
      long number, CompletionStage<T> asked, BiConsumer<RecordWriter, T> writer) {
    var unused =
        asked.whenComplete(
            (value, failure) -> {
              Throwable refused = failure == null ? answered(number, value, writer) : failure;
              if (refused != null) {
                send(Records.write(Frame.FAILURE.of(number), refused));
              }
            });
  }

  /** Why it could not be answered; null where it was. */
  private <T> @Nullable Throwable answered(
      long number, T value, BiConsumer<RecordWriter, T> writer) {
    try {
      RecordWriter out = Frame.ANSWER.of(number);
      writer.accept(out, value);
      send(out);
      return null;
    } catch (RuntimeException | OutOfMemoryError tooLarge) {
      return tooLarge;
    }
  }

  private void send(RecordWriter frame) {
    if (!connection.send(frame)) {
      // It is gone, or reads nothing: in either case its work is for others.
      connection.close();
    }
  }

  /** Nothing more of it is taken once this has returned. */
  @Override
  public void close() {
    taking.close();
    connection.close();
  }
}
