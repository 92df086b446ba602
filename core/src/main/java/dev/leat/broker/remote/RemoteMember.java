package dev.leat.broker.remote;

import dev.leat.LeatException;
import dev.leat.broker.Delivery;
import dev.leat.broker.DeliveryListener;
import dev.leat.broker.EventLoop;
import dev.leat.broker.Membership;
import dev.leat.wire.RecordReader;
import dev.leat.wire.RecordWriter;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A member of a group, on the side where it works. */
final class RemoteMember extends RemoteReading {
  private final Membership membership;
  private final DeliveryListener listener;
  private final Supplier<@Nullable LeatException> away;
  private Set<String> types = Set.of();

  RemoteMember(
      Membership membership,
      DeliveryListener listener,
      Supplier<@Nullable LeatException> away,
      EventLoop loop,
      Consumer<RemoteReading> onClosed) {
    super(loop, onClosed);
    this.membership = membership;
    this.listener = listener;
    this.away = away;
  }

  @Override
  CompletionStage<Boolean> begin(Session now, long its) {
    types = Set.copyOf(listener.types());
    return now.ask(
        its,
        Frame.SUBSCRIBE,
        out -> {
          Records.write(out, membership);
          Records.writeAll(out, types, RecordWriter::text);
        },
        in -> true);
  }

  /** Says what it handles, if that is not what it has said; now and then, while it is open. */
  @Override
  void look(Session now, long its) {
    Set<String> handled = Set.copyOf(listener.types());
    if (!handled.equals(types)) {
      types = handled;
      RecordWriter out = Frame.TYPES.of(its);
      Records.writeAll(out, handled, RecordWriter::text);
      now.tell(out);
    }
  }

  @Override
  Batch read(Session from, RecordReader in) {
    List<Delivery> batch = Records.readAll(in, one -> RemoteDelivery.read(one, from, away));
    return new Batch(batch.size(), () -> listener.onDeliveries(batch));
  }

  @Override
  void onBegun() {
    listener.onConnected();
  }

  @Override
  void onLost() {
    listener.onLost();
  }

  @Override
  void onRefused(LeatException cause) {
    listener.onEnded(cause);
  }
}
