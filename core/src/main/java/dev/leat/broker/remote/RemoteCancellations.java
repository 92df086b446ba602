package dev.leat.broker.remote;

import dev.leat.Topic;
import dev.leat.broker.Cancellation;
import dev.leat.broker.EventLoop;
import dev.leat.wire.RecordReader;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/** Hears of requests that nobody waits for any more. */
final class RemoteCancellations extends RemoteReading {
  private final Topic topic;
  private final Consumer<List<Cancellation>> listener;

  RemoteCancellations(
      Topic topic,
      Consumer<List<Cancellation>> listener,
      EventLoop loop,
      Consumer<RemoteReading> onClosed) {
    super(loop, onClosed);
    this.topic = topic;
    this.listener = listener;
  }

  @Override
  CompletionStage<Boolean> begin(Session now, long its) {
    return now.ask(its, Frame.CANCELLATIONS, out -> Records.write(out, topic), in -> true);
  }

  @Override
  Batch read(Session from, RecordReader in) {
    List<Cancellation> batch = Records.readAll(in, Records::readCancellation);
    return new Batch(0, () -> listener.accept(batch));
  }
}
