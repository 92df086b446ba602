package dev.leat.redis;

import dev.leat.BrokerUnavailable;
import dev.leat.Position;
import dev.leat.Retention;
import dev.leat.Topic;
import dev.leat.broker.Append;
import dev.leat.broker.BrokenEntry;
import dev.leat.broker.Cancellation;
import dev.leat.broker.CancelledStream;
import dev.leat.broker.Entry;
import dev.leat.broker.EntryListener;
import dev.leat.broker.EventLoop;
import dev.leat.broker.Lane;
import dev.leat.broker.ReplyListener;
import dev.leat.wire.StreamKeys;
import io.vertx.core.Context;
import io.vertx.core.Future;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A lane with two connections: one to write, one to read its replies. On an event loop of Vert.x
 * they live on that loop and nothing changes threads; else on one of the broker's own.
 */
final class RedisLane implements Lane {
  private static final Logger log = LoggerFactory.getLogger(RedisLane.class);

  /** Milliseconds between two looks at whether replies that were read have to go. */
  private static final long TRIM_PAUSE = 1_000;

  /** Bytes of replies that were read since the last look, beyond which another is due. */
  private static final long MOST_READ = 8L << 20;

  /** Looks after which a lane that is idle is looked at. */
  private static final int IDLE_LOOKS = 10;

  /** Of the bytes that an open lane may keep, those that a closed one may: one in so many. */
  private static final int SHARE_OF_CLOSED = 16;

  /**
   * Milliseconds that the reply stream outlives a lane that was killed; also the longest time that
   * a lane may be cut off and still find the replies that came meanwhile. By the server's clock:
   * one that is set ahead by an hour must not end what is alive.
   */
  private static final long AFTERLIFE = 7_200_000;

  private final IoLoop io;
  private final EventLoop loop;
  private final boolean sharesLoop;
  private final String name;
  private final Function<Topic, CancelledStream> cancelled;
  private final LaneRetention retention;
  private final String replyStream;
  private final RedisConnection writes;
  private final Health health;
  private final Appends appends;
  private final RedisTail replies;
  private final ReplyListener listener;

  /** The first connection is waited for; once it has been there, what cannot be sent now fails. */
  private Future<Void> connected = Future.succeededFuture();

  // Confined to the connection: who only reads makes no reply stream.
  private boolean wanted;
  private boolean making;
  private boolean made;

  private @Nullable Long trimming;
  private long bytesTrimmed;
  private @Nullable String trimmed;
  private long looks;
  private volatile boolean closed;

  RedisLane(
      IoLoop io,
      EventLoop loop,
      Server server,
      String name,
      Function<Topic, CancelledStream> cancelled,
      ReplyListener listener) {
    this.io = io;
    this.loop = loop;
    this.sharesLoop = loop.unwrap(Context.class).isPresent();
    this.name = name;
    this.cancelled = cancelled;
    this.replyStream = StreamKeys.replies(name);
    this.listener = listener;
    this.writes = io.connection(server);
    this.retention = new LaneRetention(writes, server.kept().requests());
    this.health = new Health(writes, server.kept().requests().bytes());
    this.appends = new Appends(io, writes);
    this.replies = new RedisTail(io, server, replyStream, Position.START, new Replies());
  }

  void start() {
    onIo(
        () -> {
          writes.onConnected(
              () -> {
                if (wanted) {
                  makeReplyStream();
                }
              });
          connected = writes.start();
          trimming = io.vertx().setPeriodic(TRIM_PAUSE, fired -> trim());
        });
    replies.start(() -> {});
    replies.request(Integer.MAX_VALUE);
  }

  @Override
  public String replyAddress(Topic topic) {
    return replyStream;
  }

  @Override
  public CompletionStage<?> cancel(Topic topic, Cancellation one) {
    return append(List.of(cancelled.apply(topic).append(one, name)));
  }

  @Override
  public CompletionStage<List<String>> append(List<Append> batch) {
    if (closed) {
      return CompletableFuture.failedStage(new BrokerUnavailable("this lane is closed"));
    }
    if (sharesLoop && loop.inLoop() && connected.isComplete()) {
      return appendNow(batch);
    }
    CompletableFuture<List<String>> result = new CompletableFuture<>();
    onIo(
        () ->
            connected.onComplete(
                done -> {
                  var unused =
                      appendNow(batch)
                          .whenComplete((ids, failure) -> onLoop(() -> end(result, ids, failure)));
                }));
    return result;
  }

  /** Before the first request there has to be where its reply goes. */
  private CompletableFuture<List<String>> appendNow(List<Append> batch) {
    wanted = true;
    // Until it is: a server without memory for it may have some for the next request.
    if (!made && !making) {
      makeReplyStream();
    }
    for (Append one : batch) {
      retention.isSentTo(one.stream());
    }
    return appends.append(batch);
  }

  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    replies.close();
    onIo(
        () -> {
          if (trimming != null) {
            io.vertx().cancelTimer(trimming);
          }
          appends.flush();
          if (wanted) {
            writes.close(leaving());
          } else {
            writes.close();
          }
        });
  }

  /** Id of the last reply that was read; null before the first, which a tail calls 0. */
  private @Nullable String lastRead() {
    String last = replies.last();
    return last == null || last.equals("0") ? null : last;
  }

  /**
   * What was answered is kept for as long as what was asked; but little of it, since nobody looks
   * after it any more, and there may be many that were closed.
   */
  private Command leaving() {
    Retention most = retention.most();
    long kept = most.age().toMillis();
    String last = lastRead();
    if (last != null) {
      health.trimRepliesLast(
          replyStream, last, new Retention(most.age(), most.bytes() / SHARE_OF_CLOSED));
    }
    return kept == 0
        ? Command.of("UNLINK", replyStream)
        : Command.of("PEXPIRE", replyStream).and(kept);
  }

  private static <T> void end(CompletableFuture<T> result, T value, @Nullable Throwable failure) {
    if (failure == null) {
      result.complete(value);
    } else {
      result.completeExceptionally(failure);
    }
  }

  private final class Replies implements EntryListener {
    @Override
    public void onEntries(List<Entry> batch) {
      if (replies.bytes() - bytesTrimmed > MOST_READ) {
        trim();
      }
      onLoop(() -> listener.onReplies(batch.stream().map(Entry::message).toList()));
    }

    @Override
    public void onBroken(BrokenEntry broken) {
      onLoop(() -> listener.onBroken(broken));
    }
  }

  /** Makes the stream, since no reply will: by way of a group, for which it may be empty. */
  private void makeReplyStream() {
    making = true;
    writes
        .send(Command.of("XGROUP", "CREATE", replyStream, "none", "0", "MKSTREAM"))
        .onComplete(
            created -> {
              making = false;
              made = created.succeeded();
            });
    writes.send(Command.of("XGROUP", "DESTROY", replyStream, "none"));
    writes.send(Command.of("PEXPIRE", replyStream).and(afterlife()));
  }

  private long afterlife() {
    return Math.max(AFTERLIFE, retention.most().age().toMillis());
  }

  private void keepReplyStream() {
    writes
        .send(Command.of("PEXPIRE", replyStream).and(afterlife()))
        .onSuccess(
            there -> {
              if (there.number() == 0) {
                makeReplyStream();
              }
            });
  }

  private void trim() {
    if (!wanted) {
      return;
    }
    keepReplyStream();
    bytesTrimmed = replies.bytes();
    String last = lastRead();
    // What nothing came to only grows older.
    boolean isLongAgo = ++looks % IDLE_LOOKS == 0;
    if (isLongAgo) {
      retention.refresh();
    }
    boolean isDue = isLongAgo || !Objects.equals(last, trimmed);
    if (isDue && last != null) {
      trimmed = last;
      health
          .trimReplies(replyStream, last, retention.most())
          .onFailure(failure -> log.debug("stream={} not trimmed", replyStream, failure));
    }
  }

  private void onIo(Runnable action) {
    if (sharesLoop && loop.inLoop()) {
      action.run();
    } else {
      io.run(action);
    }
  }

  private void onLoop(Runnable action) {
    if (loop.inLoop()) {
      action.run();
    } else {
      loop.execute(action);
    }
  }
}
