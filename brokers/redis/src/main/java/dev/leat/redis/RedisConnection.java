package dev.leat.redis;

import dev.leat.BrokerUnavailable;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.internal.net.NetSocketInternal;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetClientOptions;
import io.vertx.core.net.NetSocket;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One session with a server, and the next when it is lost. Confined to its context's loop, from
 * birth to end.
 *
 * <p>Nobody but the {@link Introduction} speaks on a session before that is done: what is sent
 * finds the user and the database it is meant for, and no session before this one is at work any
 * more. There is one attempt to connect at a time, and one timer for the next.
 */
final class RedisConnection implements RedisSession.Owner {
  private static final Logger log = LoggerFactory.getLogger(RedisConnection.class);

  /** Milliseconds; the wait before trying again doubles from one to the other, with jitter. */
  private static final long FIRST_WAIT = 50;

  private static final long LONGEST_WAIT = 5_000;

  /** Milliseconds; a session that has lasted that long is a reason to try again soon. */
  private static final long STABLE = 1_000;

  /** Milliseconds without any answer to what is asked, after which the server counts as dead. */
  static final long PATIENCE = 5_000;

  /** Commands of a transaction; more would keep the server from serving others for too long. */
  static final int TOGETHER = 500;

  private final Vertx vertx;
  private final Context context;
  private final Server server;
  private final NetClient client;
  private final Introduction introduction;
  private Runnable onConnected = () -> {};
  private Runnable onLost = () -> {};
  private Consumer<List<RawEntry>> onEntries = batch -> {};

  /** The one that may be used, once it was introduced. */
  private @Nullable RedisSession session;

  /** The one that is being introduced. */
  private @Nullable RedisSession made;

  private boolean connecting;
  private boolean keepsTime;
  private boolean closed;
  private long wait = FIRST_WAIT;
  private long patience = PATIENCE;
  private long since;

  /** Why it could not be connected the last time; what is said again and again is logged once. */
  private String trouble = "";

  RedisConnection(Vertx vertx, Context context, Server server) {
    this.vertx = vertx;
    this.context = context;
    this.server = server;
    this.introduction = new Introduction(server);
    NetClientOptions options = new NetClientOptions().setConnectTimeout(2_000).setTcpNoDelay(true);
    server.tls().ifPresent(tls -> tls.addTo(options));
    this.client = vertx.createNetClient(options);
  }

  /** Called, on the loop, whenever there is a new session; the first included. */
  void onConnected(Runnable action) {
    onConnected = action;
  }

  /** Called, on the loop, whenever the session is lost, and not when it is closed. */
  void onLost(Runnable action) {
    onLost = action;
  }

  /**
   * Takes what is asked by {@link #read}, on the loop, while the rest is on its way. To be said
   * before it connects.
   */
  void onEntries(Consumer<List<RawEntry>> action) {
    onEntries = action;
  }

  /** Waits longer for answers, in milliseconds: what is asked blocks. */
  void patience(long other) {
    patience = other;
  }

  /**
   * The server's time when nothing was under way that is now, in milliseconds: since answers come
   * in order, what is under way when it is told was sent after it had been asked for.
   */
  long quietAt() {
    return introduction.at();
  }

  /** What the server calls the session, where a wait on it may be ended; else empty. */
  Optional<String> id() {
    return introduction.id();
  }

  /** The same and from where it comes, as the server sees it. */
  Optional<String> address() {
    return introduction.address();
  }

  boolean closed() {
    return closed;
  }

  boolean isConnected() {
    return session != null;
  }

  Server server() {
    return server;
  }

  /** Connects for the first time; fails if that does. Later losses are mended by themselves. */
  Future<Void> connect() {
    if (connecting || session != null) {
      throw new IllegalStateException("one attempt to connect at a time");
    }
    connecting = true;
    return socket()
        .compose(this::introduced)
        .recover(failure -> Future.failedFuture(explained(failure)))
        .onComplete(done -> connecting = false);
  }

  /** Whoever owns the loop may have ended it, and this client with it. */
  private Future<NetSocket> socket() {
    try {
      return client.connect(server.port(), server.host());
    } catch (IllegalStateException ended) {
      closed = true;
      return Future.failedFuture(notConnected());
    }
  }

  /** Connects, and goes on trying until it does; the result is that of the first time. */
  Future<Void> start() {
    return connect().onFailure(this::onRefused);
  }

  /** Sends a command; fails with {@link BrokerUnavailable} or what the server says. */
  Future<Resp> send(Writable command) {
    RedisSession open = session;
    return open == null ? Future.failedFuture(notConnected()) : open.send(command);
  }

  /** The same for a command that reads a stream; its answer is without the entries. */
  Future<Resp> read(Writable command) {
    RedisSession open = session;
    return open == null ? Future.failedFuture(notConnected()) : open.read(command);
  }

  /**
   * Sends commands that are done together, or none of them. Its answers are in an array, in which a
   * command may have failed by itself; where the server takes one of them not even so far, it fails
   * with what the server says of that one, and nothing was done.
   */
  Future<List<Resp>> sendTogether(List<? extends Writable> commands) {
    RedisSession open = session;
    return open == null ? Future.failedFuture(notConnected()) : open.sendTogether(commands);
  }

  /** Closes with a last word, whose answer is not waited for: the loop may end right now. */
  void close(Command last) {
    send(last);
    close();
  }

  void close() {
    closed = true;
    RedisSession open = session;
    RedisSession begun = made;
    session = null;
    made = null;
    if (open != null) {
      open.close();
    }
    if (begun != null) {
      begun.close();
    }
    client.close();
  }

  private BrokerUnavailable notConnected() {
    return new BrokerUnavailable(server + " is not connected");
  }

  private Future<Void> introduced(NetSocket socket) {
    if (closed) {
      socket.close();
      return Future.failedFuture(notConnected());
    }
    RedisSession begun =
        new RedisSession(
            vertx, context, server, (NetSocketInternal) socket, patience, onEntries, this);
    made = begun;
    return introduction
        .on(begun)
        .onComplete(done -> made = null)
        .onFailure(refused -> begun.close())
        .onSuccess(
            done -> {
              session = begun;
              since = System.nanoTime();
              trouble = "";
              onConnected.run();
            });
  }

  /** Whoever greets a server that is idle is told its time. */
  @Override
  public void onTick(RedisSession told, boolean isIdle) {
    if (told == session && (isIdle || keepsTime)) {
      introduction.askTime(told);
    }
  }

  /** Asks for the server's time every second, so that {@link #quietAt} is no older, nor much. */
  void keepTime() {
    keepsTime = true;
  }

  /** The same, and has a clock hear of it; to be said before it connects. */
  void keepTime(ServerClock hearing) {
    keepTime();
    introduction.tell(hearing);
  }

  /** One that is lost while it is introduced fails the attempt, which is tried again by itself. */
  @Override
  public void onLost(RedisSession lost) {
    if (lost != session) {
      return;
    }
    session = null;
    log.warn("server={} connection lost", server);
    if ((System.nanoTime() - since) / 1_000_000 >= STABLE) {
      wait = FIRST_WAIT;
    }
    onLost.run();
    connectLater();
  }

  private void onRefused(Throwable failure) {
    if (closed) {
      return;
    }
    String why = String.valueOf(failure.getMessage());
    if (!why.equals(trouble)) {
      trouble = why;
      log.warn("server={} cannot be connected, it is tried again: {}", server, why);
    }
    connectLater();
  }

  private void connectLater() {
    long jittered = ThreadLocalRandom.current().nextLong(wait / 2, wait + 1);
    wait = Math.min(wait * 2, LONGEST_WAIT);
    vertx.setTimer(
        Math.max(1, jittered),
        fired -> {
          if (!closed) {
            start();
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
      case UnknownHostException unknown ->
          new BrokerUnavailable(
              server + ": no host of that name is known; is it spelt right?", unknown);
      default ->
          new BrokerUnavailable(
              server + ": no Redis server answers there; start one, or name another", failure);
    };
  }
}
