package dev.leat.redis;

import dev.leat.BrokerUnavailable;
import dev.leat.broker.Subscription;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads a stream with one blocking command after the other, on a connection of its own. Confined to
 * its loop, but for {@link #request} and {@link #close}.
 */
abstract class Reading implements Subscription {
  private static final Logger log = LoggerFactory.getLogger(Reading.class);

  /** Entries asked for at a time; larger batches gain nothing and wait longer. */
  private static final int BATCH = 256;

  /** Bytes that one command is to bring, as far as that can be known from what came before. */
  private static final int BATCH_BYTES = 4 << 20;

  /** Entries asked for while nothing is known of their size. */
  private static final int FIRST_BATCH = 16;

  /** Milliseconds that one command waits on the server; it is then asked again. */
  static final long BLOCK = 5_000;

  /** The same where the wait cannot be ended, though there may be a reason to. */
  static final long SHORT_BLOCK = 1_000;

  private final IoLoop io;
  private final RedisConnection connection;
  private final CompletableFuture<Void> begun = new CompletableFuture<>();

  /** What may yet be handed over; below 0 where more was than had been asked for. */
  private int demand;

  /** What the command that is under way may bring. */
  private int asked;

  /** Bytes of an entry: grows at once with what is read, and becomes less step by step. */
  private int usual = BATCH_BYTES / FIRST_BATCH;

  private boolean ready;
  private boolean reading;

  /** How often reading was begun; what an earlier one comes to is without effect. */
  private int preparations;

  /** When the batch that is being handed over was asked for, and the one that is under way. */
  private long askedAt;

  private long nextAskedAt;
  private Runnable onClose = () -> {};
  private boolean ending;

  private @Nullable Promise<Void> idle;
  private final CompletableFuture<Void> gone = new CompletableFuture<>();
  private volatile boolean closed;

  Reading(IoLoop io, Server server) {
    this.io = io;
    this.connection = io.connection(server);
    connection.patience(BLOCK + RedisConnection.PATIENCE);
  }

  /**
   * Begins. Any thread.
   *
   * @param closing told when it is closed
   */
  final void start(Runnable closing) {
    onClose = closing;
    io.run(
        () -> {
          connection.onConnected(this::prepare);
          connection.onLost(this::onLost);
          connection.start();
        });
  }

  @Override
  public final void request(int more) {
    Subscription.refuseNone(more);
    io.run(
        () -> {
          demand = (int) Math.min(Integer.MAX_VALUE, (long) demand + more);
          onDemand();
        });
  }

  @Override
  public final CompletionStage<?> ready() {
    return begun.minimalCompletionStage();
  }

  @Override
  public final CompletionStage<?> end() {
    CompletableFuture<Void> ended = new CompletableFuture<>();
    io.run(() -> stopped().onComplete(done -> ended.complete(null)));
    return ended.minimalCompletionStage();
  }

  @Override
  public final void close() {
    if (closed) {
      return;
    }
    closed = true;
    begun.completeExceptionally(new BrokerUnavailable("closed before it had begun"));
    io.run(
        () ->
            stopped()
                .onComplete(
                    done -> {
                      connection.close();
                      left()
                          .onComplete(
                              left -> {
                                gone.complete(null);
                                onClose.run();
                              });
                    }));
  }

  /** Completes once nothing of it is left to be done. */
  final CompletableFuture<Void> gone() {
    return gone;
  }

  /** Reads no more; done once nothing more will be handed over. */
  Future<Void> stopped() {
    ending = true;
    return Future.succeededFuture();
  }

  /** Done once no answer is on its way. */
  final Future<Void> idle() {
    if (!reading) {
      return Future.succeededFuture();
    }
    Promise<Void> waiting = idle == null ? Promise.promise() : idle;
    idle = waiting;
    return waiting.future();
  }

  final boolean ending() {
    return ending;
  }

  /** The last that is done, once it is closed. */
  Future<?> left() {
    return Future.succeededFuture();
  }

  /** Makes ready to read on a connection that is new. */
  abstract Future<?> prepared();

  /** The command that reads up to a number of entries. */
  abstract Command next(int count);

  /** Sends it. */
  Future<Resp> sent(RedisConnection over, Command command) {
    return over.send(command);
  }

  /** How many of those it asks for it may hand over. */
  int mayBring(int count) {
    return count;
  }

  /**
   * Ends the wait of the command that is under way, if the server lets us. It may not have come
   * there yet; whoever depends on it asks again.
   */
  final void unblock(RedisConnection over) {
    if (reading) {
      connection
          .id()
          .ifPresent(
              id ->
                  over.send(Command.of("CLIENT", "UNBLOCK", id))
                      .onFailure(failure -> log.debug("a read could not be ended", failure)));
    }
  }

  /** Milliseconds that one command waits on the server. */
  final long block() {
    return connection.id().isPresent() ? BLOCK : SHORT_BLOCK;
  }

  /** Takes entries; the next are on their way. */
  abstract void onEntries(List<RawEntry> batch);

  final IoLoop io() {
    return io;
  }

  final RedisConnection connection() {
    return connection;
  }

  final boolean closed() {
    return closed;
  }

  /** What may be handed over beyond what a command under way may bring. */
  public final int room() {
    return demand == Integer.MAX_VALUE ? demand : demand - asked;
  }

  /** Whether a command under way may bring all that may be handed over. */
  public final boolean isTakenByReading() {
    return reading && demand > 0 && room() <= 0;
  }

  /** Of the room, what is kept for what comes another way. */
  int reserved() {
    return 0;
  }

  /** When what is handed over now was asked for, in nanoseconds; perhaps a while before it came. */
  final long askedAt() {
    return askedAt;
  }

  final void handedOver(int count) {
    if (demand != Integer.MAX_VALUE) {
      demand -= count;
    }
  }

  /** What could not be handed over after all takes no room. */
  final void notHandedOver(int count) {
    if (demand != Integer.MAX_VALUE) {
      demand += count;
    }
    if (count > 0) {
      onDemand();
    }
  }

  /** More may be handed over. */
  void onDemand() {
    read();
  }

  /** Whether it is known where to read on. */
  boolean isPlaced() {
    return true;
  }

  /** Something that reading depends on has failed: it begins anew. */
  final void onFailure(Throwable failure) {
    onFailure(failure, preparations);
  }

  private void prepare() {
    if (ending) {
      onConnectedWhileEnding();
      return;
    }
    int mine = ++preparations;
    ready = false;
    reading = false;
    asked = 0;
    var unused =
        prepared()
            .onSuccess(
                done -> {
                  if (mine == preparations) {
                    ready = true;
                    begun.complete(null);
                    onReady();
                    read();
                  }
                })
            .onFailure(failure -> onFailure(failure, mine));
  }

  final void read() {
    int count = Math.min(demand - reserved(), Math.clamp(BATCH_BYTES / usual, 1, BATCH));
    if (ending || !ready || reading || count <= 0 || !isPlaced()) {
      return;
    }
    int mine = preparations;
    reading = true;
    asked = mayBring(count);
    askedAt = nextAskedAt;
    nextAskedAt = System.nanoTime();
    var unused =
        sent(connection, next(count))
            .map(RawEntry::ofRead)
            .onSuccess(batch -> onBatch(batch, mine))
            .onFailure(failure -> onUnread(failure, mine))
            .onComplete(done -> onAnswered());
  }

  private void onBatch(List<RawEntry> batch, int preparation) {
    if (preparation != preparations) {
      return;
    }
    reading = false;
    asked = 0;
    measure(batch);
    onRead(batch);
    // Ask for the next batch before handling this one: the server works while we do.
    read();
    if (!batch.isEmpty()) {
      onEntries(batch);
    }
  }

  /** Learns how large entries are; gives how many bytes these have. */
  final long measure(List<RawEntry> batch) {
    long bytes = 0;
    for (RawEntry entry : batch) {
      bytes += entry.size();
    }
    if (!batch.isEmpty()) {
      int mean = (int) Math.max(1, bytes / batch.size());
      usual = Math.max(mean, usual - (usual - mean) / 4);
    }
    return bytes;
  }

  private void onUnread(Throwable failure, int preparation) {
    if (preparation == preparations) {
      reading = false;
      asked = 0;
      ready = false;
      onFailure(failure, preparation);
    }
  }

  private void onAnswered() {
    if (!reading && idle != null) {
      idle.tryComplete();
    }
  }

  /** Reading begins, or goes on. */
  void onReady() {}

  /** There is another connection, but nothing is read any more. */
  void onConnectedWhileEnding() {}

  /** There is no server any more; there will be another connection once there is. */
  void onLost() {}

  /** Whether reading ends for good by what the server says; else it is tried again. */
  boolean isEndedBy(RedisFailure refused) {
    return false;
  }

  /** What was read; it counts as handed over. Remembers where the next command begins. */
  void onRead(List<RawEntry> batch) {
    handedOver(batch.size());
  }

  /**
   * Begins anew on a connection that is lost once there is another; anything else, be it that
   * another connection of ours is not there yet, is tried again on this one.
   */
  private void onFailure(Throwable failure, int preparation) {
    if (ending
        || preparation != preparations
        || (failure instanceof RedisFailure refused && isEndedBy(refused))) {
      return;
    }
    if (connection.isConnected()) {
      log.warn("reading failed, it is tried again", failure);
      io.vertx()
          .setTimer(
              100,
              fired -> {
                if (preparation == preparations) {
                  prepare();
                }
              });
    }
  }
}
