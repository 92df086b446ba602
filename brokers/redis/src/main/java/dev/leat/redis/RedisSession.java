package dev.leat.redis;

import dev.leat.BrokerUnavailable;
import dev.leat.redis.Resp.Failure;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.util.ReferenceCountUtil;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.internal.net.NetSocketInternal;
import java.util.ArrayDeque;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One socket, and who waits for an answer on it: what was asked here is never answered by another.
 * Confined to its context's loop, from birth to end.
 *
 * <p>Hot path: what is sent within one turn of the loop goes out in one write. What is under way
 * when the socket is lost fails, and is never sent again: nobody knows whether it was done.
 */
final class RedisSession {
  private static final Logger log = LoggerFactory.getLogger(RedisSession.class);

  /** Milliseconds between two looks at whether the server is alive; after two it is greeted. */
  private static final long WATCH_PAUSE = 1_000;

  /** Commands that may wait for their answers, seconds of what a server can do. */
  private static final int MOST_ASKED = 100_000;

  /** Bytes that may wait to be sent. */
  private static final long MOST_UNSENT = 64L << 20;

  /** Bytes that are sent without waiting for more; larger arrays are dear to make and to copy. */
  private static final int PORTION = 1 << 17;

  private static final Command MULTI = Command.of("MULTI");
  private static final Command EXEC = Command.of("EXEC");

  /** Who has it; called on the loop. */
  interface Owner {
    /** It is lost, but not closed on this side; whoever waits is told after that. */
    void onLost(RedisSession session);

    /**
     * Nothing has been asked for a while: ask something, to see whether the server is there.
     *
     * @param isIdle else it is told only that another second has passed
     */
    void onTick(RedisSession session, boolean isIdle);
  }

  /** Somebody who waits for an answer, behind some that only say that a command was taken. */
  private static final class Asked {
    final Promise<Resp> answer = Promise.promise();
    final boolean read;
    int passedOver;
    @Nullable Failure refused;

    Asked(int passedOver, boolean read) {
      this.passedOver = passedOver;
      this.read = read;
    }
  }

  private final Vertx vertx;
  private final Context context;
  private final Server server;
  private final Thread loop = Thread.currentThread();
  private final NetSocketInternal socket;
  private final long patience;
  private final Owner owner;
  private final ArrayDeque<Asked> asked = new ArrayDeque<>();
  private final Outgoing unsent = new Outgoing();
  private final long watching;

  /** Commands that wait for their answers. */
  private int commands;

  private boolean flushing;
  private boolean ended;
  private long sending;

  /** When the server last answered, or was asked something while it owed nothing; nanoseconds. */
  private long heard = System.nanoTime();

  /**
   * Begins on a socket that is open.
   *
   * @param patience milliseconds without any answer to what is asked, after which it counts as dead
   * @param entries takes those of what is asked by {@link #read}
   */
  RedisSession(
      Vertx vertx,
      Context context,
      Server server,
      NetSocketInternal socket,
      long patience,
      Consumer<List<RawEntry>> entries,
      Owner owner) {
    this.vertx = vertx;
    this.context = context;
    this.server = server;
    this.socket = socket;
    this.patience = patience;
    this.owner = owner;
    RespParser parser =
        new RespParser(this::onAnswer, this::isRead, batch -> handOut(batch, entries));
    // Bytes as they were received: the public handler is given a copy.
    socket.messageHandler(
        bytes -> {
          try {
            onBytes(parser, (ByteBuf) bytes);
          } finally {
            ReferenceCountUtil.release(bytes);
          }
        });
    socket.exceptionHandler(failure -> log.debug("server={} {}", server, failure.getMessage()));
    socket.closeHandler(gone -> lose());
    this.watching = vertx.setPeriodic(WATCH_PAUSE, fired -> watch());
  }

  /** Sends a command; fails with {@link BrokerUnavailable} or what the server says. */
  Future<Resp> send(Writable command) {
    return isOpen() ? asked(0, false, command) : Future.failedFuture(why());
  }

  /** Sends a command that reads a stream; its answer is without the entries, which come before. */
  Future<Resp> read(Writable command) {
    return isOpen() ? asked(0, true, command) : Future.failedFuture(why());
  }

  private boolean isRead() {
    Asked waiting = asked.peek();
    return waiting != null && waiting.read;
  }

  /** Sends commands that are done together, as {@link RedisConnection#sendTogether} says. */
  Future<List<Resp>> sendTogether(List<? extends Writable> together) {
    if (!isOpen()) {
      return Future.failedFuture(why());
    }
    write(MULTI);
    together.forEach(this::write);
    return asked(1 + together.size(), false, EXEC).map(Resp::items);
  }

  /** Sends what waits, and ends in order. What is asked fails here, and may yet be done there. */
  void close() {
    flush();
    end();
    socket.close();
  }

  /**
   * Ends at once, and nothing that still waits in this machine to be sent reaches the server: else
   * the kernel would go on sending it for minutes after it was given up.
   */
  void reset() {
    Channel channel = socket.channelHandlerContext().channel();
    if (channel.isOpen()) {
      channel.config().setOption(ChannelOption.SO_LINGER, 0);
      // Past the handlers: TLS would say farewell first, and wait for somebody to hear it.
      channel.unsafe().close(channel.unsafe().voidPromise());
    }
    lose();
  }

  private boolean isOpen() {
    return !ended && commands < MOST_ASKED && sending + unsent.size() <= MOST_UNSENT;
  }

  private BrokerUnavailable why() {
    return new BrokerUnavailable(
        ended
            ? server + " is not connected"
            : server + " does not keep up: %d commands wait for it".formatted(commands));
  }

  private Future<Resp> asked(int passedOver, boolean read, Writable last) {
    assert Thread.currentThread().equals(loop) : "asked from another thread than its loop's";
    if (asked.isEmpty()) {
      heard = System.nanoTime();
    }
    Asked one = new Asked(passedOver, read);
    asked.add(one);
    commands += 1 + passedOver;
    write(last);
    if (!flushing) {
      flushing = true;
      context.runOnContext(
          turn -> {
            flushing = false;
            flush();
          });
    }
    return one.answer.future();
  }

  private void onBytes(RespParser parser, ByteBuf bytes) {
    if (ended) {
      // Given up already: what was asked has been told so.
      return;
    }
    heard = System.nanoTime();
    try {
      parser.feed(bytes);
    } catch (RuntimeException malformed) {
      // Where the next answer begins is not known any more.
      log.error(
          "server={} does not speak the protocol of Redis: {}", server, malformed.getMessage());
      reset();
    }
  }

  private void write(Writable command) {
    command.writeTo(unsent);
    if (unsent.size() >= PORTION) {
      flush();
    }
  }

  private void flush() {
    if (!ended && unsent.size() > 0) {
      int size = unsent.size();
      sending += size;
      unsent.writeBy(batch -> write(batch, size));
    }
  }

  private void write(ByteBuf batch, int size) {
    Future<Void> writing = socket.writeMessage(batch);
    // What the kernel took at once says nothing of the server. What had to wait for room does: a
    // large command on a slow way takes its time.
    boolean waited = !writing.isComplete();
    writing.onComplete(
        written -> {
          sending -= size;
          if (waited) {
            heard = System.nanoTime();
          }
        });
  }

  private void onAnswer(Resp answer) {
    if (ended) {
      return;
    }
    Asked waiting = asked.peek();
    if (waiting == null) {
      throw new IllegalStateException("an answer that nobody asked for");
    }
    commands--;
    if (waiting.passedOver > 0) {
      waiting.passedOver--;
      if (waiting.refused == null && answer instanceof Failure failure) {
        waiting.refused = failure;
      }
      return;
    }
    asked.remove();
    tell(waiting, answer);
  }

  /** Whoever throws at an answer must not cost the others theirs, nor the parser its place. */
  private void tell(Asked waiting, Resp answer) {
    try {
      if (answer instanceof Failure failure) {
        Failure first = waiting.refused == null ? failure : waiting.refused;
        waiting.answer.fail(RedisFailure.of(server, first));
      } else {
        waiting.answer.complete(answer);
      }
    } catch (RuntimeException | Error failure) {
      log.error("server={} an answer could not be taken", server, failure);
    }
  }

  /** Whoever throws at what was read must not cost the parser its place either. */
  private void handOut(List<RawEntry> batch, Consumer<List<RawEntry>> entries) {
    try {
      entries.accept(batch);
    } catch (RuntimeException | Error failure) {
      log.error("server={} what was read could not be taken", server, failure);
    }
  }

  /** A server that is gone without a word, or a way to it that is cut, is not seen otherwise. */
  private void watch() {
    long silent = (System.nanoTime() - heard) / 1_000_000;
    if (!asked.isEmpty() && silent > patience) {
      log.warn("server={} silent_ms={} counts as dead", server, silent);
      reset();
    } else {
      owner.onTick(this, asked.isEmpty() && silent > 2 * WATCH_PAUSE);
    }
  }

  private void lose() {
    if (!ended) {
      ended = true;
      owner.onLost(this);
      end();
    }
  }

  private void end() {
    ended = true;
    vertx.cancelTimer(watching);
    unsent.clear();
    RedisLost failure = new RedisLost(server + ": the connection was lost");
    for (Asked waiting = asked.poll(); waiting != null; waiting = asked.poll()) {
      waiting.answer.fail(failure);
    }
  }
}
