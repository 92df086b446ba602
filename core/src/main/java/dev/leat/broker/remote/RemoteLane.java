package dev.leat.broker.remote;

import dev.leat.LeatException;
import dev.leat.Message;
import dev.leat.Topic;
import dev.leat.broker.Append;
import dev.leat.broker.Batcher;
import dev.leat.broker.Cancellation;
import dev.leat.broker.EventLoop;
import dev.leat.broker.Lane;
import dev.leat.broker.ReplyListener;
import dev.leat.wire.RecordReader;
import dev.leat.wire.RecordWriter;
import dev.leat.wire.StreamKeys;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A lane that is opened anew, under its name, with each session. */
final class RemoteLane implements Lane {
  private final String name;
  private final String address;
  private final Supplier<LeatException> away;
  private final Consumer<RemoteLane> onClosed;
  private final Batcher<Message> arrived;
  private final Batcher<Runnable> answered;

  // Guarded by this.
  private @Nullable Session session;
  private long number;
  private boolean closed;

  /**
   * A lane that is not open yet.
   *
   * @param away why nobody is there
   */
  RemoteLane(
      EventLoop loop,
      String name,
      ReplyListener listener,
      Supplier<LeatException> away,
      Consumer<RemoteLane> onClosed) {
    this.name = name;
    this.address = StreamKeys.replies(name);
    this.away = away;
    this.onClosed = onClosed;
    this.arrived = new Batcher<>(loop, listener::onReplies, late -> {});
    this.answered = new Batcher<>(loop, all -> all.forEach(Runnable::run), Runnable::run);
  }

  /** Opens it in a session, unless it is closed. */
  synchronized void goOn(Session now) {
    if (closed || session == now || now.hasEnded()) {
      return;
    }
    session = now;
    number = now.nextNumber();
    now.listen(
        number, (from, frame, in) -> arrived.addAll(Records.readAll(in, RecordReader::message)));
    var unused = now.ask(number, Frame.OPEN_LANE, out -> out.text(name), in -> true);
  }

  synchronized void lost() {
    session = null;
  }

  @Override
  public String replyAddress(Topic topic) {
    return address;
  }

  @Override
  public CompletionStage<List<String>> append(List<Append> batch) {
    return asked(
        Frame.APPEND,
        out -> Records.writeAll(out, batch, Records::write),
        in -> Records.readAll(in, RecordReader::text));
  }

  @Override
  public CompletionStage<?> cancel(Topic topic, Cancellation cancelled) {
    return asked(
        Frame.CANCEL,
        out -> {
          Records.write(out, topic);
          Records.write(out, cancelled);
        },
        in -> true);
  }

  /** Asks, and answers on the loop. */
  private <T> CompletionStage<T> asked(
      Frame frame, Consumer<RecordWriter> writer, Function<RecordReader, T> reader) {
    Session now;
    long its;
    synchronized (this) {
      now = session;
      its = number;
    }
    if (now == null) {
      return CompletableFuture.failedStage(away.get());
    }
    CompletableFuture<T> told = new CompletableFuture<>();
    var unused =
        now.ask(
                frame,
                out -> {
                  out.number(its);
                  writer.accept(out);
                },
                reader)
            .whenComplete((value, failure) -> answered.add(() -> tell(told, value, failure)));
    return told;
  }

  private static <T> void tell(CompletableFuture<T> told, T value, @Nullable Throwable failure) {
    if (failure == null) {
      told.complete(value);
    } else {
      told.completeExceptionally(failure);
    }
  }

  @Override
  public void close() {
    synchronized (this) {
      closed = true;
      if (session != null) {
        session.forget(number);
        session.tell(Frame.CLOSE_LANE.of(number));
        session = null;
      }
    }
    onClosed.accept(this);
  }
}
