package dev.leat.caller;

import dev.leat.Listening;
import dev.leat.Message;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Flow;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads a broadcast: every message, one after the other, on a virtual thread that may block. */
public final class Listener implements Flow.Subscriber<Message>, Listening {
  private static final Logger log = LoggerFactory.getLogger(Listener.class);

  /** Messages asked for ahead of the one being handled. */
  private static final int AHEAD = 256;

  private final Consumer<Message> action;
  private final Consumer<Listener> onClose;
  private final ExecutorService thread =
      Executors.newSingleThreadExecutor(Thread.ofVirtual().name("leat-listener").factory());
  private volatile Flow.@Nullable Subscription subscription;

  /**
   * A listener that begins when it is subscribed.
   *
   * @param onClose told when it is closed
   */
  public Listener(Consumer<Message> action, Consumer<Listener> onClose) {
    this.action = action;
    this.onClose = onClose;
  }

  @Override
  public void onSubscribe(Flow.Subscription begun) {
    subscription = begun;
    begun.request(AHEAD);
  }

  @Override
  public void onNext(Message message) {
    try {
      thread.execute(() -> handle(message));
    } catch (RejectedExecutionException closed) {
      log.debug("message={} came after the listener was closed", message.id());
    }
  }

  @Override
  public void onError(Throwable failure) {
    log.error("a listener's stream ended", failure);
  }

  @Override
  public void onComplete() {
    log.info("a listener's stream ended");
  }

  @Override
  public void close() {
    Flow.Subscription begun = subscription;
    if (begun != null) {
      begun.cancel();
    }
    thread.shutdownNow();
    onClose.accept(this);
  }

  private void handle(Message message) {
    try {
      action.accept(message);
    } catch (RuntimeException failure) {
      log.warn("message={} type={} listener failed", message.id(), message.type(), failure);
    }
    Flow.Subscription begun = subscription;
    if (begun != null) {
      begun.request(1);
    }
  }
}
