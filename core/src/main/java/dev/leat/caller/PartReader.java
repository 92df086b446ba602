package dev.leat.caller;

import dev.leat.BadReply;
import dev.leat.Cancelled;
import dev.leat.HandlerFailed;
import dev.leat.Headers;
import dev.leat.LeatException;
import dev.leat.Message;
import dev.leat.Parts;
import dev.leat.Payload;
import dev.leat.StreamRef;
import dev.leat.broker.Append;
import dev.leat.wire.ProblemReply;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Reads a reply in parts: puts them in order, gives each once whoever wrote it, and tells the
 * writer how far the reader is. Parts come on the loop; one thread reads.
 */
final class PartReader<R> implements Parts<R>, PartListener {
  /** Parts that a writer may be ahead. */
  static final int AHEAD = 256;

  /** Told once so many were read since it was told last, or so many bytes. */
  private static final int TOLD_EACH = AHEAD / 2;

  private static final long TOLD_EACH_BYTES = 256 << 10;

  /** After which a writer that sends nothing is told once more, ever more rarely. */
  private static final Duration RETOLD = Duration.ofSeconds(2);

  private static final Duration RETOLD_AT_MOST = Duration.ofMinutes(1);

  /** Parts that wait though nobody has asked for so many: its writer does not listen. */
  private static final int MOST = 4 * AHEAD;

  private sealed interface Signal {}

  private record Part(Message message) implements Signal {}

  private record Ended(@Nullable RuntimeException failure) implements Signal {}

  private final Function<Message, R> read;
  private final Consumer<Runnable> onLoop;
  private final Consumer<Append> tell;
  private final BlockingQueue<Signal> signals = new LinkedBlockingQueue<>();

  // Of the loop.
  private final Map<Long, Message> early = new HashMap<>();
  private @Nullable PendingCall call;
  private long next;
  private long end = Long.MAX_VALUE;
  private int attempt = 1;
  private String credit = "";

  /** Parts that were read; of the reader. */
  private volatile long taken;

  // Of the reader.
  private @Nullable Signal head;
  private long told;
  private long untoldBytes;

  /**
   * Not asked yet.
   *
   * @param read what a part is
   * @param onLoop runs something on the loop of its call
   * @param tell sends something to the writer, on the loop
   */
  PartReader(Function<Message, R> read, Consumer<Runnable> onLoop, Consumer<Append> tell) {
    this.read = read;
    this.onLoop = onLoop;
    this.tell = tell;
  }

  // On the loop

  void waitFor(PendingCall begun) {
    call = begun;
  }

  @Override
  public boolean isWhole(Message reply) {
    Headers headers = reply.headers();
    long number = number(headers, Headers.SEQUENCE, -1);
    if (number < 0 || ProblemReply.is(reply)) {
      // One reply, or why there are no more.
      return true;
    }
    int by = (int) number(headers, Headers.ATTEMPT, 1);
    if (by < attempt) {
      // Others are at it by now.
      return false;
    }
    if (by > attempt) {
      attempt = by;
      early.clear();
      end = Long.MAX_VALUE;
    }
    headers.get(Headers.CREDIT).ifPresent(this::writesFrom);
    if (headers.has(Headers.END)) {
      end = number;
    } else {
      take(number, reply);
    }
    return next >= end;
  }

  private static long number(Headers headers, String name, long otherwise) {
    try {
      return headers.get(name).map(Long::parseLong).orElse(otherwise);
    } catch (NumberFormatException strange) {
      return otherwise;
    }
  }

  private void take(long number, Message part) {
    if (number < next) {
      return;
    }
    early.put(number, part);
    for (Message one = early.remove(next); one != null; one = early.remove(next)) {
      signals.add(new Part(one));
      next++;
    }
    if (early.size() + signals.size() > MOST) {
      PendingCall own = call;
      if (own != null) {
        own.cancel();
      }
      signals.add(
          new Ended(new BadReply("more parts came than were asked for: they are not read")));
    }
  }

  /** One that begins anew hears at once where the reader is. */
  private void writesFrom(String address) {
    credit = address;
    if (attempt > 1) {
      tellWriter(taken);
    }
  }

  private void tellWriter(long many) {
    PendingCall own = call;
    if (own != null && !credit.isEmpty()) {
      tell.accept(
          new Append(
              new StreamRef.At(credit),
              new Message(
                  own.id(),
                  Message.REPLY,
                  "",
                  Headers.of(Headers.RECEIVED, Long.toString(many)),
                  "",
                  Payload.EMPTY)));
    }
  }

  @Override
  public void onReply(Message reply) {
    if (ProblemReply.is(reply)) {
      signals.add(new Ended(new HandlerFailed(ProblemReply.read(reply))));
      return;
    }
    if (!reply.headers().has(Headers.SEQUENCE)) {
      signals.add(new Part(reply));
    }
    signals.add(new Ended(null));
  }

  @Override
  public void onFailure(LeatException failure) {
    signals.add(new Ended(failure));
  }

  // On the reader's thread

  @Override
  public boolean hasNext() {
    Signal first = head();
    if (first instanceof Ended ended) {
      if (ended.failure() != null) {
        throw ended.failure();
      }
      return false;
    }
    return true;
  }

  private Signal head() {
    Signal known = head;
    if (known != null) {
      return known;
    }
    try {
      Duration pause = RETOLD;
      Signal first = signals.poll(pause.toMillis(), TimeUnit.MILLISECONDS);
      while (first == null) {
        // What it was told last may be lost, and then it waits for ever.
        run(() -> tellWriter(taken));
        pause = longer(pause);
        first = signals.poll(pause.toMillis(), TimeUnit.MILLISECONDS);
      }
      head = first;
      return first;
    } catch (InterruptedException interrupted) {
      close();
      Thread.currentThread().interrupt();
      throw new Cancelled("interrupted while waiting for a part", interrupted);
    }
  }

  private static Duration longer(Duration pause) {
    Duration twice = pause.multipliedBy(2);
    return twice.compareTo(RETOLD_AT_MOST) > 0 ? RETOLD_AT_MOST : twice;
  }

  @Override
  public R next() {
    if (!hasNext() || !(head() instanceof Part part)) {
      throw new NoSuchElementException("there are no more parts");
    }
    head = null;
    long many = taken + 1;
    taken = many;
    untoldBytes += part.message().payload().size();
    if (many - told >= TOLD_EACH || untoldBytes >= TOLD_EACH_BYTES) {
      told = many;
      untoldBytes = 0;
      run(() -> tellWriter(many));
    }
    return read.apply(part.message());
  }

  private void run(Runnable task) {
    try {
      onLoop.accept(task);
    } catch (RejectedExecutionException ended) {
      // With the loop all of its calls have ended.
      signals.add(new Ended(new Cancelled("the caller was closed", ended)));
    }
  }

  @Override
  public void close() {
    head = new Ended(null);
    run(
        () -> {
          PendingCall own = call;
          if (own != null) {
            own.cancel();
          }
        });
  }
}
