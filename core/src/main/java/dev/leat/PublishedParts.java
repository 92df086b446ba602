package dev.leat;

import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Flow;
import java.util.concurrent.LinkedBlockingQueue;

/** Writes what is published on the thread that writes, some of it asked for ahead. */
final class PublishedParts implements Flow.Subscriber<Object>, PartWriter {
  private static final int AHEAD = 64;

  private sealed interface Signal {}

  private record Next(Object part) implements Signal {}

  private record Done(Optional<Throwable> failure) implements Signal {}

  private final Flow.Publisher<?> publisher;
  private final BlockingQueue<Signal> signals = new LinkedBlockingQueue<>();
  private volatile Flow.Subscription subscription = new Unsubscribed();

  PublishedParts(Flow.Publisher<?> publisher) {
    this.publisher = publisher;
  }

  @Override
  public void writeTo(PartSink sink) throws Exception {
    publisher.subscribe(this);
    try {
      Signal signal = signals.take();
      while (signal instanceof Next next) {
        sink.write(next.part());
        subscription.request(1);
        signal = signals.take();
      }
      Throwable failure = ((Done) signal).failure().orElse(null);
      switch (failure) {
        case null -> {}
        case Exception known -> throw known;
        case Error broken -> throw broken;
        default -> throw new IllegalStateException(failure);
      }
    } finally {
      subscription.cancel();
    }
  }

  @Override
  public void onSubscribe(Flow.Subscription begun) {
    subscription = begun;
    begun.request(AHEAD);
  }

  @Override
  public void onNext(Object part) {
    signals.add(new Next(part));
  }

  @Override
  public void onError(Throwable failure) {
    signals.add(new Done(Optional.of(failure)));
  }

  @Override
  public void onComplete() {
    signals.add(new Done(Optional.empty()));
  }

  private static final class Unsubscribed implements Flow.Subscription {
    @Override
    public void request(long more) {}

    @Override
    public void cancel() {}
  }
}
