package dev.leat.broker.remote;

import dev.leat.Position;
import dev.leat.StreamRef;
import dev.leat.broker.Entry;
import dev.leat.broker.EntryListener;
import dev.leat.broker.EventLoop;
import dev.leat.wire.RecordReader;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/** Reading along; after a while without anybody there it goes on behind what it has seen. */
final class RemoteTail extends RemoteReading {
  private final StreamRef stream;
  private final EntryListener listener;
  private final InstantSource clock;

  /** Where it begins, or goes on; changed while it is handed something. */
  private volatile Position from;

  RemoteTail(
      StreamRef stream,
      Position from,
      EntryListener listener,
      InstantSource clock,
      EventLoop loop,
      Consumer<RemoteReading> onClosed) {
    super(loop, onClosed);
    this.stream = stream;
    this.from = from;
    this.listener = listener;
    this.clock = clock;
  }

  @Override
  CompletionStage<Boolean> begin(Session now, long its) {
    Position begin = from;
    if (begin.equals(Position.NOW)) {
      // Where it has to begin anew before it has seen anything.
      from = Position.at(clock.instant());
    }
    return now.ask(
        its, Frame.TAIL, out -> Records.write(Records.write(out, stream), begin), in -> true);
  }

  @Override
  Batch read(Session session, RecordReader in) {
    List<Entry> batch = Records.readAll(in, Records::readEntry);
    from = Position.after(batch.getLast().id());
    return new Batch(batch.size(), () -> listener.onEntries(batch));
  }
}
