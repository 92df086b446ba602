package dev.leat.bridge;

import dev.leat.BadMessage;
import dev.leat.Headers;
import dev.leat.Leat;
import dev.leat.Message;
import dev.leat.Topic;
import dev.leat.broker.Append;
import dev.leat.broker.Entry;
import dev.leat.broker.FaultLog;
import dev.leat.broker.Subscription;
import dev.leat.trail.StreamScan;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Copies a topic's dead letters as they come; those at the first broker stay. */
final class LetterCopies implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(LetterCopies.class);
  private static final int PORTION = 100;
  private static final Duration PAUSE = Duration.ofMillis(500);

  private final Leat from;
  private final Leat to;
  private final Topic topic;
  private final BridgeMarks marks;
  private final String source;
  private final String target;
  private final FaultLog faults;
  private final BlockingQueue<List<Entry>> come = new LinkedBlockingQueue<>();
  private final AtomicLong copied = new AtomicLong();
  private volatile boolean closed;
  private @Nullable Subscription reading;
  private @Nullable Thread thread;

  /**
   * Copies none yet.
   *
   * @param source the first broker's id
   * @param target the other's: what came from there is there
   */
  LetterCopies(Leat from, Leat to, Topic topic, String source, String target, BridgeMarks marks) {
    this.from = from;
    this.to = to;
    this.topic = topic;
    this.marks = marks;
    this.source = source;
    this.target = target;
    this.faults = new FaultLog(log, to.loop().clock());
  }

  void begin() {
    Subscription begun = from.broker().tail(topic.deadLetters(), marks.last(), come::add);
    reading = begun;
    thread = Thread.ofVirtual().name("leat-bridge-letters").start(() -> copy(begun));
    begun.request(PORTION);
  }

  long copied() {
    return copied.get();
  }

  private void copy(Subscription begun) {
    try {
      while (!closed) {
        List<Entry> batch = come.take();
        for (Entry one : batch) {
          copy(one);
        }
        if (!closed) {
          begun.request(batch.size());
        }
      }
    } catch (InterruptedException ended) {
      Thread.currentThread().interrupt();
    }
  }

  /** Until it is there: what comes after it is not before it. */
  private void copy(Entry one) {
    Message letter = one.message();
    String came = letter.headers().get(Headers.BRIDGED).orElse("");
    if (!came.startsWith(target + " ")) {
      Headers headers = letter.headers().with(Headers.BRIDGED, source + " " + one.id());
      Append copy = new Append(topic.deadLetters(), letter.withHeaders(headers));
      if (untilDone(one, () -> to.broker().append(copy))) {
        copied.incrementAndGet();
      }
    }
    boolean unused =
        untilDone(
            one,
            () -> {
              marks.reached(one.id());
              return CompletableFuture.completedStage(true);
            });
  }

  /** Whether it was; not so where it never will be, or this has ended. */
  private boolean untilDone(Entry one, Supplier<CompletionStage<?>> step) {
    while (!closed) {
      try {
        Object unused = StreamScan.result(step.get());
        return true;
      } catch (BadMessage refused) {
        log.warn(
            "topic={} dead letter={} is not copied, it stays where it is: {}",
            topic,
            one.message().id(),
            refused.getMessage());
        return false;
      } catch (RuntimeException away) {
        faults.warn(
            "topic={} dead letters are not copied now, trying again: {}",
            topic,
            String.valueOf(away.getMessage()));
        LockSupport.parkNanos(PAUSE.toNanos());
      }
    }
    return false;
  }

  @Override
  public void close() {
    closed = true;
    if (reading != null) {
      reading.close();
    }
    if (thread != null) {
      thread.interrupt();
    }
  }
}
