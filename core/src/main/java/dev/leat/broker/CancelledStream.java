package dev.leat.broker;

import dev.leat.Headers;
import dev.leat.Message;
import dev.leat.Payload;
import dev.leat.Position;
import dev.leat.StreamRef;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/**
 * Cancellations as messages of a stream that everyone tails: for brokers that can do so cheaply.
 * Any thread.
 */
public final class CancelledStream {
  /** Those that are left for workers that come late. */
  private static final int KEPT = 10_000;

  /** Type of the message that says that nobody waits for the reply of its id. */
  private static final String TYPE = "cancel";

  private final Broker broker;
  private final StreamRef stream;
  private final AtomicInteger since = new AtomicInteger();

  /** The cancellations that stand in a stream. */
  public CancelledStream(Broker broker, StreamRef stream) {
    this.broker = broker;
    this.stream = stream;
  }

  /** What is appended to say it. */
  public Append append(Cancellation cancelled, String source) {
    Headers place =
        cancelled.entryId().isEmpty()
            ? Headers.NONE
            : Headers.of(Headers.ENTRY, cancelled.entryId());
    // Workers of other makes do not trim it.
    counted(1);
    return new Append(
        stream, new Message(cancelled.messageId(), TYPE, "", place, source, Payload.EMPTY));
  }

  /** Hears of them from the start of what is left: no worker may have been there for long. */
  public Subscription follow(Consumer<List<Cancellation>> listener) {
    Subscription begun =
        broker.tail(
            stream,
            Position.START,
            batch -> {
              listener.accept(batch.stream().map(CancelledStream::read).toList());
              counted(batch.size());
            });
    begun.request(Integer.MAX_VALUE);
    return begun;
  }

  private static Cancellation read(Entry entry) {
    Message message = entry.message();
    return new Cancellation(
        message.id(),
        message.headers().get(Headers.ENTRY).orElse(""),
        Instant.ofEpochMilli(entry.at()));
  }

  private void counted(int more) {
    if (since.addAndGet(more) >= KEPT) {
      since.set(0);
      var unused = broker.trim(stream, KEPT).exceptionally(failure -> 0L);
    }
  }
}
