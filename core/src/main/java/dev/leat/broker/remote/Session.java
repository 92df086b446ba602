package dev.leat.broker.remote;

import dev.leat.BadConfiguration;
import dev.leat.BadMessage;
import dev.leat.BrokerUnavailable;
import dev.leat.LeatException;
import dev.leat.wire.RecordReader;
import dev.leat.wire.RecordWriter;
import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One connection to whoever has the broker, from its hello to its end; then another begins. Any
 * thread; what comes is taken on the one that reads.
 */
final class Session implements AutoCloseable {
  /** Whatever it sends is less than the broker takes. */
  private static final int LARGEST = Integer.MAX_VALUE - 64;

  /** Takes what is told of a lane or a reading. */
  interface Listener {
    void onFrame(Session session, Frame frame, RecordReader in);
  }

  private record Question(Consumer<RecordReader> answer, Consumer<LeatException> failure) {}

  private final String name;
  private final String client;
  private final long turn;
  private final Connection connection;
  private final Consumer<Session> onHello;
  private final Map<Long, Question> questions = new ConcurrentHashMap<>();
  private final Map<Long, Listener> listeners = new ConcurrentHashMap<>();
  private final AtomicLong numbers = new AtomicLong();
  private volatile @Nullable LeatException ended;
  private volatile long heard = System.nanoTime();
  private boolean greeted;
  private long largestMessage;
  private long largestFrame;
  private long clock;

  /**
   * A session that has not begun.
   *
   * @param name of the broker, for sentences
   * @param client like no other of the broker
   * @param turn which session of the client it is: what was sent in an earlier one and not taken by
   *     then is not taken any more
   * @param onHello told once the other side is known, on the thread that reads
   */
  Session(String name, String client, long turn, SocketChannel channel, Consumer<Session> onHello) {
    this.name = name;
    this.client = client;
    this.turn = turn;
    this.connection = new Connection(channel, LARGEST, () -> {});
    this.onHello = onHello;
  }

  /** Says hello, and reads until it ends. */
  void run() throws IOException {
    connection.start("leat-broker-write");
    connection.send(Frame.HELLO.of(0).number(Frame.VERSION).text(client).number(turn));
    try {
      connection.read(this::take);
    } finally {
      close();
    }
  }

  long largestMessage() {
    return largestMessage;
  }

  /** What the other side's clock said at its hello. */
  long clock() {
    return clock;
  }

  boolean hasEnded() {
    return ended != null;
  }

  /** How long nothing was heard. */
  Duration silence() {
    return Duration.ofNanos(System.nanoTime() - heard);
  }

  private void take(RecordReader in) {
    heard = System.nanoTime();
    Frame frame = Frame.read(in);
    long number = in.number();
    if (!greeted) {
      greet(frame, number, in);
      return;
    }
    switch (frame) {
      case ANSWER -> {
        Question asked = questions.remove(number);
        if (asked != null) {
          asked.answer.accept(in);
        }
      }
      case FAILURE -> {
        Question asked = questions.remove(number);
        if (asked != null) {
          asked.failure.accept(Records.readFailure(in));
        }
      }
      default -> {
        Listener listener = listeners.get(number);
        if (listener != null) {
          listener.onFrame(this, frame, in);
        } else if (frame == Frame.DELIVERIES) {
          giveBack(in);
        }
      }
    }
  }

  private void greet(Frame frame, long version, RecordReader in) {
    if (frame != Frame.HELLO || version != Frame.VERSION) {
      throw new BadConfiguration(
          name
              + " is in use by a process of another version of Leat: use the same version in both");
    }
    largestMessage = in.number();
    largestFrame = in.number();
    clock = in.number();
    greeted = true;
    onHello.accept(this);
  }

  /** Nobody is there any more for whom they came: they are for others. */
  void giveBack(RecordReader in) {
    for (RemoteDelivery delivery :
        Records.readAll(in, one -> RemoteDelivery.read(one, this, this::failure))) {
      var unused = delivery.release(Duration.ZERO);
    }
  }

  /** A number that nothing else has, for a question, a lane or a reading. */
  long nextNumber() {
    return numbers.incrementAndGet();
  }

  /** Asks something; answers on the thread that reads, or at once where it has ended. */
  <T> CompletionStage<T> ask(
      Frame frame, Consumer<RecordWriter> writer, Function<RecordReader, T> reader) {
    return ask(nextNumber(), frame, writer, reader);
  }

  /** The same of a number, which what is asked for has from then on. */
  <T> CompletionStage<T> ask(
      long number, Frame frame, Consumer<RecordWriter> writer, Function<RecordReader, T> reader) {
    RecordWriter out = frame.of(number);
    writer.accept(out);
    return asked(number, out, reader);
  }

  /** Asks for the end of a reading, whose number is not that of the question. */
  CompletionStage<Boolean> askEnd(long reading) {
    long number = nextNumber();
    return asked(number, Frame.END.of(reading).number(number), in -> true);
  }

  private <T> CompletionStage<T> asked(
      long number, RecordWriter out, Function<RecordReader, T> reader) {
    if (out.size() > largestFrame) {
      return CompletableFuture.failedStage(
          new BadMessage(
              "%s: %d bytes at once are more than it takes, which is %d"
                  .formatted(name, out.size(), largestFrame)));
    }
    CompletableFuture<T> answer = new CompletableFuture<>();
    questions.put(
        number, new Question(in -> complete(answer, in, reader), answer::completeExceptionally));
    boolean taken = connection.send(out);
    if ((!taken || ended != null) && questions.remove(number) != null) {
      answer.completeExceptionally(taken ? midst() : failure());
    }
    return answer;
  }

  /** What cannot be read is nobody's answer, but not a reason to ask nothing more. */
  private <T> void complete(
      CompletableFuture<T> answer, RecordReader in, Function<RecordReader, T> reader) {
    try {
      answer.complete(reader.apply(in));
    } catch (RuntimeException | OutOfMemoryError unreadable) {
      answer.completeExceptionally(
          BrokerUnavailable.inTheMidst(name + ": an answer that cannot be read", unreadable));
    }
  }

  /** Tells something that is not answered. */
  void tell(RecordWriter frame) {
    var unused = connection.send(frame);
  }

  void listen(long number, Listener listener) {
    listeners.put(number, listener);
  }

  void forget(long number) {
    listeners.remove(number);
  }

  /** Why what was asked has no answer. */
  private LeatException midst() {
    return BrokerUnavailable.inTheMidst(
        name + ": the process that has it is gone; it may have done it", null);
  }

  /** Why nothing can be asked. */
  LeatException failure() {
    LeatException cause = ended;
    return cause == null
        ? new BrokerUnavailable(name + ": whoever has it reads too slowly, too much waits already")
        : cause;
  }

  /** Whatever is under way fails. */
  @Override
  public void close() {
    if (ended == null) {
      ended = new BrokerUnavailable(name + ": the process that has it is gone");
    }
    connection.close();
    questions
        .keySet()
        .forEach(
            number -> {
              Question asked = questions.remove(number);
              if (asked != null) {
                asked.failure.accept(midst());
              }
            });
    listeners.clear();
  }
}
