package dev.leat.caller;

import dev.leat.Message;
import dev.leat.Position;
import dev.leat.StreamRef;
import dev.leat.broker.Broker;
import dev.leat.broker.Entry;
import dev.leat.broker.Subscription;
import java.util.List;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * A stream as a publisher: each subscriber reads it along by itself, from the same position, as
 * fast as it asks. It never completes of itself.
 */
public final class StreamPublisher implements Flow.Publisher<Message> {
  private final Broker broker;
  private final StreamRef stream;
  private final Position from;

  /** A publisher that reads nothing until somebody subscribes. */
  public StreamPublisher(Broker broker, StreamRef stream, Position from) {
    this.broker = broker;
    this.stream = stream;
    this.from = from;
  }

  @Override
  public void subscribe(Flow.Subscriber<? super Message> subscriber) {
    Reading reading = new Reading(subscriber);
    reading.begin(broker.tail(stream, from, reading::onEntries));
  }

  /** One subscriber's reading. */
  private static final class Reading implements Flow.Subscription {
    private final Flow.Subscriber<? super Message> subscriber;
    private final AtomicBoolean ended = new AtomicBoolean();
    private volatile @Nullable Subscription tail;

    Reading(Flow.Subscriber<? super Message> subscriber) {
      this.subscriber = subscriber;
    }

    void begin(Subscription begun) {
      tail = begun;
      subscriber.onSubscribe(this);
    }

    void onEntries(List<Entry> batch) {
      for (Entry entry : batch) {
        if (ended.get()) {
          return;
        }
        subscriber.onNext(entry.message());
      }
    }

    @Override
    public void request(long n) {
      Subscription reading = tail;
      if (reading == null || ended.get()) {
        return;
      }
      if (n < 1) {
        cancel();
        subscriber.onError(new IllegalArgumentException("ask for at least 1 more, was " + n));
        return;
      }
      reading.request((int) Math.min(Integer.MAX_VALUE, n));
    }

    @Override
    public void cancel() {
      Subscription reading = tail;
      if (ended.compareAndSet(false, true) && reading != null) {
        reading.close();
      }
    }
  }
}
