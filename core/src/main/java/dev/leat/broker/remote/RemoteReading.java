package dev.leat.broker.remote;

import dev.leat.BrokerUnavailable;
import dev.leat.LeatException;
import dev.leat.broker.EventLoop;
import dev.leat.broker.HandOverGate;
import dev.leat.broker.Subscription;
import dev.leat.wire.RecordReader;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reading that begins anew with each session, where it was. Any thread. */
abstract class RemoteReading implements Subscription {
  private static final Logger log = LoggerFactory.getLogger(RemoteReading.class);

  /** Asked for at a time, whatever is wanted: who is slow is not told more than this. */
  private static final int WINDOW = 1_024;

  /** After which who could not begin tries again. */
  private static final Duration AGAIN = Duration.ofMillis(200);

  private static final Duration LOOK = Duration.ofSeconds(1);

  private final EventLoop loop;
  private final Consumer<RemoteReading> onClosed;

  private final HandOverGate gate = new HandOverGate();
  private final CompletableFuture<Boolean> ready = new CompletableFuture<>();

  // Guarded by this.
  private @Nullable Session session;
  private long number;

  /** Wanted and not handed over yet, as {@link #asked} of it is asked for. */
  private long wanted;

  private long asked;

  RemoteReading(EventLoop loop, Consumer<RemoteReading> onClosed) {
    this.loop = loop;
    this.onClosed = onClosed;
  }

  /** Asks for it to begin, where it was. */
  abstract CompletionStage<Boolean> begin(Session now, long its);

  /**
   * What a frame has for it.
   *
   * @param count that was asked for
   * @param handOver to whoever reads
   */
  record Batch(int count, Runnable handOver) {}

  /** Reads what a frame has, while it cannot be closed. */
  abstract Batch read(Session from, RecordReader in);

  /** It has begun, or goes on. */
  void onBegun() {}

  /** Nobody is there; it goes on by itself. */
  void onLost() {}

  /** It cannot begin, and does not any more. */
  void onRefused(LeatException cause) {}

  /** Called now and then, with the session that it has. */
  void look(Session now, long its) {}

  /** Looks now and then, until it is closed. */
  final void lookAgain() {
    synchronized (this) {
      if (gate.isClosed()) {
        return;
      }
      if (session != null) {
        look(session, number);
      }
    }
    var unused = loop.schedule(LOOK, () -> guarded(this::lookAgain));
  }

  /** Goes on with a session, unless it is closed. */
  final void goOn(Session now) {
    long its;
    CompletionStage<Boolean> begun;
    synchronized (this) {
      if (gate.isClosed() || session == now || now.hasEnded()) {
        return;
      }
      session = now;
      number = now.nextNumber();
      its = number;
      asked = 0;
      now.listen(its, this::onFrame);
      begun = begin(now, its);
      ask();
    }
    var unused =
        begun.whenComplete(
            (done, failure) -> {
              if (failure == null) {
                ready.complete(true);
                var unusedTold = gate.whileOpen(() -> guarded(this::onBegun));
              } else if (!now.hasEnded()) {
                refused(now, failure);
              }
            });
  }

  /** Of a broker that is about to end, or is not there yet, another is asked. */
  private void refused(Session by, Throwable failure) {
    if (!(failure instanceof LeatException cause) || cause instanceof BrokerUnavailable) {
      synchronized (this) {
        if (session != by || gate.isClosed()) {
          return;
        }
        by.forget(number);
        session = null;
      }
      var unused = loop.schedule(AGAIN, () -> goOn(by));
      return;
    }
    if (!gate.isClosed()) {
      onRefused(cause);
    }
    close();
  }

  final void lost() {
    boolean had;
    synchronized (this) {
      had = session != null;
      session = null;
    }
    if (had) {
      var unused = gate.whileOpen(() -> guarded(this::onLost));
    }
  }

  private void onFrame(Session from, Frame frame, RecordReader in) {
    if (frame == Frame.ENDED) {
      refused(from, Records.readFailure(in));
      return;
    }
    int[] count = new int[1];
    boolean handed =
        gate.whileOpen(
            () -> {
              Batch batch = read(from, in);
              count[0] = batch.count();
              guarded(batch.handOver);
            });
    if (!handed && frame == Frame.DELIVERIES) {
      from.giveBack(in);
    }
    synchronized (this) {
      wanted -= count[0];
      if (from == session) {
        asked -= count[0];
        ask();
      }
    }
  }

  private static void guarded(Runnable told) {
    try {
      told.run();
    } catch (RuntimeException | Error failure) {
      log.error("a listener failed; what it was handed comes again when its lease lapses", failure);
    }
  }

  @Override
  public void request(int more) {
    Subscription.refuseNone(more);
    synchronized (this) {
      wanted = Math.min(Long.MAX_VALUE / 2, wanted + more);
      ask();
    }
  }

  /** While it is locked: a new portion once half of the last is through. */
  private void ask() {
    Session now = session;
    long most = Math.min(wanted, WINDOW) - asked;
    if (now != null && !gate.isClosed() && (most >= WINDOW / 2 || (most > 0 && wanted <= WINDOW))) {
      asked += most;
      now.tell(Frame.REQUEST.of(number).number(most));
    }
  }

  @Override
  public CompletionStage<?> ready() {
    return ready;
  }

  @Override
  public CompletionStage<?> end() {
    Session now;
    long its;
    synchronized (this) {
      now = session;
      its = number;
      wanted = asked;
    }
    if (now == null) {
      close();
      return CompletableFuture.completedStage(true);
    }
    // Where the session ends meanwhile nothing more comes either.
    return now.askEnd(its)
        .handle(
            (done, failure) -> {
              close();
              return true;
            });
  }

  /** Waits for a batch that is being handed over, unless that is what closes it. */
  @Override
  public void close() {
    gate.close();
    Session now;
    long its;
    synchronized (this) {
      now = session;
      its = number;
      session = null;
    }
    if (now != null) {
      now.forget(its);
      now.tell(Frame.CLOSE.of(its));
    }
    onClosed.accept(this);
    ready.completeExceptionally(new BrokerUnavailable("closed before it had begun"));
  }
}
