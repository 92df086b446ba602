package dev.leat.worker;

import dev.leat.Cancelled;
import dev.leat.Headers;
import dev.leat.LeatException;
import dev.leat.Message;
import dev.leat.PartSink;
import dev.leat.Payload;
import dev.leat.Request;
import dev.leat.StreamRef;
import dev.leat.broker.Append;
import dev.leat.wire.PayloadCodec;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * An answer that is written part by part: as many parts, and bytes, are ahead of its reader as that
 * has room for. One thread writes, any tells.
 */
final class AnswerParts implements PartSink {
  /** Bytes that are ahead of the reader, unless one part alone has more. */
  private static final long AHEAD_BYTES = 1 << 20;

  /** Parts that are ahead at most, whatever a request says. */
  private static final int MOST_AHEAD = 1_024;

  private static final Duration PATIENCE = Duration.ofSeconds(5);

  private final Message request;
  private final int attempt;
  private final String source;
  private final String credit;
  private final long largest;
  private final Function<Append, CompletionStage<?>> append;
  private final int ahead;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();

  // Guarded by lock.
  private final Deque<Integer> sizes = new ArrayDeque<>();
  private long bytes;
  private long sent;
  private long received;
  private long accepted;
  private boolean ended;
  private @Nullable Throwable failure;

  /**
   * Nothing written yet.
   *
   * @param credit where the reader says how far it is
   * @param largest bytes that a part may have
   */
  AnswerParts(
      Request request,
      String source,
      String credit,
      long largest,
      Function<Append, CompletionStage<?>> append) {
    this.request = request.message();
    this.attempt = request.attempt();
    this.source = source;
    this.credit = credit;
    this.largest = largest;
    this.append = append;
    this.ahead = ahead(this.request.headers().get(Headers.PARTS).orElse(""));
  }

  private static int ahead(String said) {
    try {
      return Math.clamp(Long.parseLong(said), 1, MOST_AHEAD);
    } catch (NumberFormatException strange) {
      return 1;
    }
  }

  @Override
  public void write(Object part) {
    Payload payload = PayloadCodec.write(part);
    if (payload.size() > largest) {
      throw new IllegalArgumentException(
          "a part has %d bytes at most, this has %d".formatted(largest, payload.size()));
    }
    long number = await(payload.size());
    Headers.Builder headers = Headers.builder().set(Headers.SEQUENCE, Long.toString(number));
    if (number == 0) {
      headers.set(Headers.CREDIT, credit);
    }
    if (attempt > 1) {
      headers.set(Headers.ATTEMPT, Integer.toString(attempt));
    }
    Message message = request.reply(headers.build(), source, payload);
    var unused =
        append
            .apply(new Append(new StreamRef.At(request.destination()), message))
            .whenComplete((there, refused) -> onAccepted(refused));
  }

  /** Waits until there is room for a part; gives its number. */
  private long await(int size) {
    lock.lock();
    try {
      while (true) {
        refuseUnlessOpen();
        long behind = sent - received;
        boolean isRoom = behind < ahead && bytes + size <= AHEAD_BYTES;
        if (behind <= 0 || isRoom) {
          break;
        }
        changed.await();
      }
      sizes.add(size);
      bytes += size;
      sent++;
      forget();
      return sent - 1;
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new Cancelled("nobody reads the parts any more", interrupted);
    } finally {
      lock.unlock();
    }
  }

  private void refuseUnlessOpen() {
    if (ended) {
      throw new IllegalStateException("the answer has ended: no part comes behind it");
    }
    Throwable why = failure;
    if (why != null) {
      Throwable cause = why instanceof CompletionException ? why.getCause() : why;
      throw cause instanceof LeatException known ? known : new CompletionException(cause);
    }
  }

  /** Of what was received the sizes do not matter any more; the last of them are the newest. */
  private void forget() {
    while (sizes.size() > Math.max(0, sent - received)) {
      bytes -= sizes.remove();
    }
  }

  private void onAccepted(@Nullable Throwable refused) {
    lock.lock();
    try {
      accepted++;
      if (refused != null && failure == null) {
        failure = refused;
      }
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** How many its reader has had; whether that can be. */
  boolean onReceived(String said) {
    long many;
    try {
      many = Long.parseLong(said);
    } catch (NumberFormatException strange) {
      return false;
    }
    lock.lock();
    try {
      // One that reads on from an attempt before may be ahead of what was written anew.
      received = Math.max(received, many);
      forget();
      changed.signalAll();
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** No more is written; waits until the broker has all of it. Gives how many there were. */
  long end() {
    lock.lock();
    try {
      while (accepted < sent && failure == null) {
        changed.await();
      }
      refuseUnlessOpen();
      ended = true;
      return sent;
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new Cancelled("nobody reads the parts any more", interrupted);
    } finally {
      lock.unlock();
    }
  }

  /** Waits for a while until the broker has what was written; not where the thread is stopped. */
  void awaitAccepted() {
    lock.lock();
    try {
      long left = PATIENCE.toNanos();
      while (accepted < sent && failure == null && left > 0) {
        left = changed.awaitNanos(left);
      }
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
    } finally {
      lock.unlock();
    }
  }

  /** Whoever still writes is told that it has ended. */
  void close() {
    lock.lock();
    try {
      ended = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }
}
