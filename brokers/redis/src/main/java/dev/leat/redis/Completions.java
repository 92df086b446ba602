package dev.leat.redis;

import dev.leat.LeatException;
import dev.leat.broker.Append;
import dev.leat.broker.Batcher;
import dev.leat.broker.Completion;
import dev.leat.broker.FaultLog;
import dev.leat.broker.Membership;
import dev.leat.broker.Note;
import dev.leat.wire.StreamEntry;
import dev.leat.wire.StreamKeys;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Appends replies and takes entries off their group, for what a member still holds.
 *
 * <p>Hot path: what is completed within one turn of the loop goes to the server in one step. Each
 * completion happens whole or not at all.
 */
final class Completions {
  private static final Logger log = LoggerFactory.getLogger(Completions.class);

  /** Confined to the loop once it was added. */
  private static final class One {
    final Lease lease;
    final Consumer<Boolean> onEnd;
    final long until;
    final CompletableFuture<Boolean> done = new CompletableFuture<>();

    Completion completion;

    /** Nobody knows whether it was done: an answer was lost. */
    boolean lost;

    One(Lease lease, Completion completion, Consumer<Boolean> onEnd) {
      this.lease = lease;
      this.completion = completion;
      this.onEnd = onEnd;
      this.until = System.nanoTime() + lease.duration();
    }

    /** Whoever waits for the future may be told on its own thread: the member is told before. */
    void end(boolean completed) {
      onEnd.accept(completed);
      done.complete(completed);
    }

    void fail(LeatException failure) {
      onEnd.accept(false);
      done.completeExceptionally(failure);
    }

    /**
     * Whether it needs no look at who holds it, and not even at whether anybody does: nobody else
     * can have had it, and the one who waits for its reply takes it once if it should come twice.
     * Not so in an order, where another would be at work on its key too.
     */
    boolean isPlain() {
      List<Append> appends = completion.appends();
      return isCertain()
          && completion.notes().isEmpty()
          && (appends.isEmpty()
              || (appends.size() == 1 && Commands.isOnlyIfThere(appends.getFirst().stream())));
    }

    /** Once an answer was lost it may be done already. */
    boolean isCertain() {
      return !lost && lease.place().isEmpty() && lease.isFresh();
    }
  }

  private record Extension(String id, int attempt, Promise<Boolean> done) {}

  private final IoLoop io;
  private final RedisConnection connection;
  private final String stream;
  private final List<String> keys;
  private final String group;
  private final String member;
  private final long lease;
  private final Batcher<One> completing;
  private final long answers;
  private final FaultLog faults;
  private List<Extension> extending = new ArrayList<>();

  /**
   * Those of one member.
   *
   * @param answers bytes that the notes of a store may take
   * @param faults told when notes are forgotten before their time, and of replies that go nowhere
   */
  Completions(
      IoLoop io, RedisConnection connection, Membership membership, long answers, FaultLog faults) {
    this.answers = answers;
    this.faults = faults;
    this.io = io;
    this.connection = connection;
    this.stream = StreamKeys.of(membership.topic().incoming());
    this.keys = List.of(stream, Claims.delayed(membership), Claims.order(membership));
    this.group = membership.group();
    this.member = membership.member();
    this.lease = membership.lease().toMillis();
    this.completing =
        new Batcher<>(
            io::execute,
            this::complete,
            one -> one.fail(IoLoop.ended(new RejectedExecutionException("the loop has ended"))));
  }

  /**
   * Answers whether the member still had the entry. Any thread. What a lost connection or a busy
   * server keeps from being done is tried again for as long as a lease.
   *
   * <p>Where a lease is fresh it is not looked who holds the entry: should this come late to the
   * server, another may be at work, but of the two only one is answered.
   *
   * @param onEnd told, on the loop, whether it was completed; false where that failed too
   */
  CompletionStage<Boolean> complete(Lease lease, Completion completion, Consumer<Boolean> onEnd) {
    One one = new One(lease, completion, onEnd);
    completing.add(one);
    return one.done;
  }

  /** Answers whether the member still had the entry; if so its lease begins anew. On the loop. */
  Future<Boolean> extend(String id, int attempt) {
    if (extending.isEmpty()) {
      io.context().runOnContext(turn -> flushExtensions());
    }
    Extension one = new Extension(id, attempt, Promise.promise());
    extending.add(one);
    return one.done().future();
  }

  private void complete(List<One> batch) {
    List<One> plain = new ArrayList<>(batch.size());
    List<One> others = new ArrayList<>();
    for (One one : batch) {
      (one.isPlain() ? plain : others).add(one);
    }
    portions(plain, this::sendPlain);
    portions(others, this::send);
  }

  private void flushExtensions() {
    List<Extension> batch = extending;
    extending = new ArrayList<>();
    portions(batch, this::sendExtensions);
  }

  private static <T> void portions(List<T> batch, Consumer<List<T>> send) {
    for (int from = 0; from < batch.size(); from += RedisConnection.TOGETHER) {
      int to = Math.min(batch.size(), from + RedisConnection.TOGETHER);
      send.accept(batch.subList(from, to));
    }
  }

  /**
   * All are taken off with one command, and each reply is another: the script would cost the server
   * twice as much.
   */
  private void sendPlain(List<One> batch) {
    List<Writable> commands = new ArrayList<>(1 + batch.size());
    Command taking = Command.of("XACK", stream, group);
    commands.add(taking);
    for (One one : batch) {
      taking.and(one.lease.id());
      one.completion.appends().forEach(append -> commands.add(Commands.append(append)));
    }
    connection
        .sendTogether(commands)
        .onSuccess(results -> onPlainDone(batch, results))
        .onFailure(
            failure -> {
              if (failure instanceof RedisFailure refused && refused.isOutOfMemory()) {
                // The script takes off first, for which there is room; so it is drained after all.
                send(batch);
              } else {
                onFailure(batch, failure);
              }
            });
  }

  /** How many were held is told, not which: that some were not, though fresh, is next to never. */
  private void onPlainDone(List<One> batch, List<Resp> results) {
    Resp taken = results.getFirst();
    long gone = taken instanceof Resp.Whole number ? batch.size() - number.value() : 0;
    int at = 1;
    for (One one : batch) {
      Resp added = one.completion.appends().isEmpty() ? taken : results.get(at++);
      if (taken instanceof Resp.Failure refused) {
        one.fail(IoLoop.leatException(RedisFailure.of(connection.server(), refused)));
      } else if (gone > 0) {
        gone--;
        one.end(false);
      } else if (added instanceof Resp.Failure refused) {
        unanswered(one, refused.message());
      } else {
        one.end(true);
      }
    }
  }

  private void send(List<One> batch) {
    List<String> all = new ArrayList<>(keys);
    for (One one : batch) {
      one.completion.appends().forEach(append -> all.add(StreamKeys.of(append.stream())));
      one.completion.notes().forEach(note -> all.addAll(List.of(note.key(), note.store())));
    }
    Script.COMPLETE
        .run(
            connection,
            all,
            command -> {
              command.and(group, member).and(answers);
              batch.forEach(one -> write(one, command));
              return command;
            })
        .onSuccess(
            results -> {
              for (int i = 0; i < batch.size(); i++) {
                done(batch.get(i), results.items().get(i));
              }
              forgotten(results.items().getLast().number());
            })
        .onFailure(failure -> onFailure(batch, failure));
  }

  /** Said ten times a minute at most: with each completion another would be forgotten. */
  private void forgotten(long notes) {
    if (notes > 0) {
      faults.warn(
          "stream={} group={} answers={} forgotten before their time, since they take more than {}"
              + " bytes (?answers=BYTES of the broker's URL); what they answered would be done again",
          stream,
          group,
          notes,
          answers);
    }
  }

  private static void write(One one, Command command) {
    List<Append> appends = one.completion.appends();
    command
        .and(one.lease.id(), one.isCertain() ? "" : Integer.toString(one.lease.attempt()))
        .and(one.lease.place())
        .and(appends.size());
    for (Append append : appends) {
      List<byte[]> strings = StreamEntry.encode(append.message(), append.dialect());
      command.and(Commands.isOnlyIfThere(append.stream()) ? 1 : 0).and(strings.size()).and(strings);
    }
    command.and(one.completion.notes().size());
    for (Note note : one.completion.notes()) {
      List<byte[]> strings = Commands.strings(note);
      command.and(note.keep().toMillis()).and(strings.size()).and(strings);
    }
  }

  private static void done(One one, Resp result) {
    if (!(result instanceof Resp.Whole taken)) {
      unanswered(one, result.text());
      return;
    }
    // What nobody has after an answer was lost was ended by ourselves, unless another could have.
    boolean before = taken.value() == -1 && one.lost && one.lease.isUnbroken();
    one.end(taken.value() == 1 || before);
  }

  private static void unanswered(One one, String why) {
    log.warn("entry={} done, but its reply cannot be appended: {}", one.lease.id(), why);
    one.end(true);
  }

  private void onFailure(List<One> batch, Throwable failure) {
    if (failure instanceof RedisFailure refused && refused.isForbidden()) {
      forbidden(batch, refused);
      return;
    }
    List<One> again = new ArrayList<>();
    for (One one : batch) {
      one.lost |= failure instanceof RedisLost;
      if (RetryOnLoss.isDue(failure, connection, one.until)) {
        again.add(one);
      } else {
        one.fail(IoLoop.leatException(failure));
      }
    }
    if (!again.isEmpty()) {
      // Told also when the loop ends before.
      io.vertx()
          .timer(RetryOnLoss.PAUSE, TimeUnit.MILLISECONDS)
          .onComplete(waited -> complete(again));
    }
  }

  /**
   * One stream that the user may not write to has had all of them refused, and the others are not
   * its fault. A sender who wants his reply there goes without; what a handler sends does not get
   * lost like that, and is tried again with the whole message.
   */
  private void forbidden(List<One> batch, RedisFailure refused) {
    if (batch.size() > 1) {
      batch.forEach(one -> complete(List.of(one)));
      return;
    }
    One one = batch.getFirst();
    Completion completion = one.completion;
    List<Append> others =
        completion.appends().stream()
            .filter(append -> !StreamKeys.isReplies(StreamKeys.of(append.stream())))
            .toList();
    if (others.size() == completion.appends().size()) {
      one.fail(IoLoop.leatException(refused));
      return;
    }
    faults.warn(
        "entry={} its reply cannot be appended: {}",
        one.lease.id(),
        String.valueOf(refused.getMessage()));
    one.completion = new Completion(others, completion.notes());
    complete(List.of(one));
  }

  private void sendExtensions(List<Extension> batch) {
    Script.EXTEND
        .run(
            connection,
            keys.subList(0, 2),
            command -> {
              command.and(group, member).and(lease);
              batch.forEach(one -> command.and(one.id()).and(one.attempt()));
              return command;
            })
        .onSuccess(
            results -> {
              for (int i = 0; i < batch.size(); i++) {
                batch.get(i).done().complete(results.items().get(i).number() == 1);
              }
            })
        .onFailure(failure -> batch.forEach(one -> one.done().fail(failure)));
  }
}
