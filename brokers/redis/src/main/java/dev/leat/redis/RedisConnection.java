package dev.leat.redis;

import dev.leat.BrokerUnavailable;
import dev.leat.redis.Resp.Failure;
import io.netty.buffer.ByteBuf;
import io.netty.util.ReferenceCountUtil;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.internal.net.NetSocketInternal;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetClientOptions;
import io.vertx.core.net.NetSocket;
import io.vertx.core.net.PemTrustOptions;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One connection, and the next when it is lost. Confined to its context's loop, from birth to end.
 *
 * <p>Hot path: what is sent within one turn of the loop goes out in one write. What is under way
 * when the connection is lost fails, and is never sent again: nobody knows whether it was done.
 */
final class RedisConnection {
  private static final Logger log = LoggerFactory.getLogger(RedisConnection.class);

  /** Milliseconds; the wait before trying again doubles from one to the other, with jitter. */
  private static final long FIRST_WAIT = 50;

  private static final long LONGEST_WAIT = 5_000;

  /** Milliseconds without any answer to what is asked, after which the server counts as dead. */
  static final long PATIENCE = 5_000;

  /** Milliseconds between two looks at that; and after two of them an idle server is greeted. */
  private static final long WATCH_PAUSE = 1_000;

  /** Commands of a transaction; more would keep the server from serving others for too long. */
  static final int TOGETHER = 500;

  /** Commands that may wait for their answers, seconds of what a server can do. */
  private static final int MOST_ASKED = 100_000;

  /** Bytes that may wait to be sent. */
  private static final long MOST_UNSENT = 64L << 20;

  /** Bytes that are sent without waiting for more; larger arrays are dear to make and to copy. */
  private static final int PORTION = 1 << 17;

  private static final Command MULTI = Command.of("MULTI");
  private static final Command EXEC = Command.of("EXEC");

  /** Somebody who waits for an answer, behind some that only say that a command was taken. */
  private static final class Asked {
    final Promise<Resp> answer = Promise.promise();
    int passedOver;
    @Nullable Failure refused;

    Asked(int passedOver) {
      this.passedOver = passedOver;
    }
  }

  private final Vertx vertx;
  private final Context context;
  private final Server server;
  private final NetClient client;
  private final ArrayDeque<Asked> asked = new ArrayDeque<>();

  /** Commands that wait for their answers. */
  private int commands;

  private final Outgoing unsent = new Outgoing();
  private Runnable onConnected = () -> {};
  private Runnable onLost = () -> {};
  private @Nullable NetSocketInternal socket;
  private int connections;
  private boolean flushing;
  private boolean closed;
  private long wait = FIRST_WAIT;
  private long patience = PATIENCE;
  private long sending;
  private long connectedAt;

  /** When the server last answered, or was asked something while it owed nothing; nanoseconds. */
  private long heard;

  private @Nullable Long watching;

  RedisConnection(Vertx vertx, Context context, Server server) {
    this.vertx = vertx;
    this.context = context;
    this.server = server;
    NetClientOptions options =
        new NetClientOptions().setConnectTimeout(2_000).setTcpNoDelay(true).setSsl(server.tls());
    if (server.tls()) {
      options.setHostnameVerificationAlgorithm("HTTPS");
      server
          .authority()
          .ifPresent(file -> options.setTrustOptions(new PemTrustOptions().addCertPath(file)));
    }
    this.client = vertx.createNetClient(options);
  }

  /** Called, on the loop, whenever there is a new connection; this one's first included. */
  void onConnected(Runnable action) {
    onConnected = action;
  }

  /** Called, on the loop, whenever the connection is lost, and not when it is closed. */
  void onLost(Runnable action) {
    onLost = action;
  }

  /** Waits longer for answers, in milliseconds: what is asked blocks. */
  void patience(long other) {
    patience = other;
  }

  /** The server's time when the connection was made, in milliseconds. */
  long connectedAt() {
    return connectedAt;
  }

  boolean closed() {
    return closed;
  }

  boolean isConnected() {
    return socket != null;
  }

  /** Connects for the first time; fails if that does. Later losses are mended by themselves. */
  Future<Void> connect() {
    return client
        .connect(server.port(), server.host())
        .compose(this::greet)
        .recover(failure -> Future.failedFuture(explained(failure)));
  }

  /** Connects, and goes on trying until it does; the result is that of the first time. */
  Future<Void> start() {
    return connect()
        .onFailure(
            failure -> {
              if (!closed) {
                connectLater();
              }
            });
  }

  /** Sends a command; fails with {@link BrokerUnavailable} or what the server says. */
  Future<Resp> send(Writable command) {
    return isOpen() ? asked(0, command) : Future.failedFuture(why());
  }

  /**
   * Sends commands that are done together, or none of them. Its answers are in an array, in which a
   * command may have failed by itself; where the server takes one of them not even so far, it fails
   * with what the server says of that one, and nothing was done.
   */
  Future<List<Resp>> sendTogether(List<? extends Writable> commands) {
    if (!isOpen()) {
      return Future.failedFuture(why());
    }
    write(MULTI);
    commands.forEach(this::write);
    return asked(1 + commands.size(), EXEC).map(Resp::items);
  }

  /** What the server says of a command that was done with others. */
  RedisFailure failure(Failure refused) {
    return new RedisFailure(server + ": " + refused.message());
  }

  private boolean isOpen() {
    return socket != null && commands < MOST_ASKED && sending + unsent.size() <= MOST_UNSENT;
  }

  private BrokerUnavailable why() {
    return new BrokerUnavailable(
        socket == null
            ? server + " is not connected"
            : server + " does not keep up: %d commands wait for it".formatted(commands));
  }

  private Future<Resp> asked(int passedOver, Writable last) {
    if (asked.isEmpty()) {
      heard = System.nanoTime();
    }
    Asked one = new Asked(passedOver);
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

  /** Closes with a last word, whose answer is not waited for: the loop may end right now. */
  void close(Command last) {
    send(last);
    flush();
    close();
  }

  void close() {
    closed = true;
    if (watching != null) {
      vertx.cancelTimer(watching);
    }
    if (socket != null) {
      socket.close();
    }
    lose();
    client.close();
  }

  private Future<Void> greet(NetSocket made) {
    if (closed) {
      return made.close();
    }
    NetSocketInternal open = (NetSocketInternal) made;
    socket = open;
    sending = 0;
    if (watching == null) {
      watching = vertx.setPeriodic(WATCH_PAUSE, fired -> watch());
    }
    RespParser parser = new RespParser(this::onAnswer);
    int number = ++connections;
    // Bytes as they were received: the public handler is given a copy.
    open.messageHandler(
        bytes -> {
          try {
            onBytes(number, parser, (ByteBuf) bytes);
          } finally {
            ReferenceCountUtil.release(bytes);
          }
        });
    made.closeHandler(gone -> onLost(number));
    return introduce()
        .onFailure(refused -> made.close())
        .map(
            done -> {
              wait = FIRST_WAIT;
              onConnected.run();
              return null;
            });
  }

  private void onBytes(int number, RespParser parser, ByteBuf bytes) {
    NetSocket open = socket;
    if (number != connections || open == null) {
      // Given up already: what was asked on it has been told so.
      return;
    }
    try {
      parser.feed(bytes);
    } catch (IllegalStateException malformed) {
      log.error("server={} does not speak the protocol of Redis", server);
      open.close();
    }
  }

  private Future<Void> introduce() {
    Future<Resp> done = Future.succeededFuture(new Resp.Nil());
    if (server.password().isPresent()) {
      Command auth = Command.of("AUTH");
      server.user().ifPresent(auth::and);
      done = send(auth.and(server.password().orElseThrow()));
    }
    if (server.database() != 0) {
      Command select = Command.of("SELECT").and(server.database());
      done = done.compose(in -> send(select));
    }
    return done.compose(in -> send(Command.of("TIME")))
        .map(
            time -> {
              connectedAt = Long.parseLong(time.items().getFirst().text()) * 1_000;
              return null;
            });
  }

  private void write(Writable command) {
    command.writeTo(unsent);
    if (unsent.size() >= PORTION) {
      flush();
    }
  }

  private void flush() {
    if (socket != null && unsent.size() > 0) {
      int size = unsent.size();
      sending += size;
      int number = connections;
      NetSocketInternal open = socket;
      unsent.writeBy(
          batch ->
              open.writeMessage(batch)
                  .onComplete(
                      written -> {
                        if (number == connections) {
                          sending -= size;
                        }
                      }));
    }
  }

  private void onAnswer(Resp answer) {
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
    heard = System.nanoTime();
    if (answer instanceof Failure failure) {
      Failure first = waiting.refused == null ? failure : waiting.refused;
      waiting.answer.fail(failure(first));
    } else {
      waiting.answer.complete(answer);
    }
  }

  /** A server that is gone without a word, or a way to it that is cut, is not seen otherwise. */
  private void watch() {
    NetSocket watched = socket;
    if (watched == null) {
      return;
    }
    long silent = (System.nanoTime() - heard) / 1_000_000;
    if (!asked.isEmpty() && silent > patience) {
      log.warn("server={} silent_ms={} counts as dead", server, silent);
      // Not asked to close in order: there may be nobody who would answer.
      onLost(connections);
      watched.close();
    } else if (asked.isEmpty() && silent > 2 * WATCH_PAUSE) {
      send(Command.of("PING"));
    }
  }

  private void onLost(int number) {
    if (number != connections || socket == null) {
      return;
    }
    lose();
    if (!closed) {
      log.warn("server={} connection lost", server);
      onLost.run();
      connectLater();
    }
  }

  private void lose() {
    socket = null;
    unsent.clear();
    commands = 0;
    RedisLost failure = new RedisLost(server + ": the connection was lost");
    for (Asked waiting = asked.poll(); waiting != null; waiting = asked.poll()) {
      waiting.answer.fail(failure);
    }
  }

  private void connectLater() {
    long jittered = ThreadLocalRandom.current().nextLong(wait / 2, wait + 1);
    wait = Math.min(wait * 2, LONGEST_WAIT);
    vertx.setTimer(
        Math.max(1, jittered),
        fired -> {
          if (!closed) {
            var unused =
                connect()
                    .onFailure(
                        failure -> {
                          log.debug("server={} still not there", server, failure);
                          connectLater();
                        });
          }
        });
  }

  private Throwable explained(Throwable failure) {
    return switch (failure) {
      case RedisFailure refused -> new BrokerUnavailable(String.valueOf(refused.getMessage()));
      case SSLException untrusted ->
          new BrokerUnavailable(
              server
                  + ": no trusted TLS server answers there; the certificate that signed the"
                  + " server's is named with ?ca=FILE.pem",
              untrusted);
      default ->
          new BrokerUnavailable(
              server + ": no Redis server answers there; start one, or name another", failure);
    };
  }
}
