package dev.leat.redis;

import dev.leat.BrokerUnavailable;
import dev.leat.LeatException;
import dev.leat.broker.Append;
import dev.leat.wire.StreamEntry;
import dev.leat.wire.StreamKeys;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Appends messages, each once: where an answer was lost, the stream is asked for the message's id
 * before it is appended again. Confined to its connection's loop.
 */
final class Appends {
  private static final Logger log = LoggerFactory.getLogger(Appends.class);

  /** A server that is restarted is back within this; longer, whoever waits had better know. */
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  /** Entries that are looked at in one step of the server, about a millisecond. */
  private static final int PAGE = 500;

  /** What is appended together. */
  private record One(List<Append> appends, CompletableFuture<List<String>> ids) {}

  /**
   * Bytes of payloads; and more than that at once would be taken though the server stands still.
   */
  private static final long LARGE = 1 << 20;

  private final IoLoop io;
  private final RedisConnection connection;
  private List<One> waiting = new ArrayList<>();
  private int commands;
  private long bytes;

  Appends(IoLoop io, RedisConnection connection) {
    this.io = io;
    this.connection = connection;
    connection.keepTime();
  }

  /**
   * Appends, at the end of this turn; gives the ids of the entries, empty for a message to a reply
   * stream that is gone.
   */
  CompletableFuture<List<String>> append(List<Append> batch) {
    One one = new One(batch, new CompletableFuture<>());
    if (waiting.isEmpty()) {
      io.context().runOnContext(turn -> flush());
    }
    waiting.add(one);
    commands += batch.size();
    batch.forEach(append -> bytes += append.message().payload().size());
    if (commands >= RedisConnection.TOGETHER || bytes >= LARGE) {
      flush();
    }
    return one.ids();
  }

  /**
   * Hot path: what is appended within one turn is one transaction. Without it the first entry would
   * wake whoever reads the stream, who would take it alone and wake everybody behind him for it.
   */
  void flush() {
    if (waiting.isEmpty()) {
      return;
    }
    List<One> batch = waiting;
    waiting = new ArrayList<>();
    commands = 0;
    bytes = 0;
    send(batch);
  }

  private void send(List<One> batch) {
    if (batch.size() == 1 && batch.getFirst().appends().size() == 1) {
      connection
          .send(Commands.append(batch.getFirst().appends().getFirst()))
          .onSuccess(added -> onAdded(batch, List.of(added)))
          .onFailure(failure -> onFailure(batch, failure));
    } else {
      List<Writable> adding = new ArrayList<>(batch.size());
      batch.forEach(one -> one.appends().forEach(append -> adding.add(Commands.append(append))));
      connection
          .sendTogether(adding)
          .onSuccess(added -> onAdded(batch, added))
          .onFailure(failure -> onFailure(batch, failure));
    }
  }

  private void onAdded(List<One> batch, List<Resp> added) {
    int at = 0;
    for (One one : batch) {
      onAdded(one, added, at);
      at += one.appends().size();
    }
  }

  private void onAdded(One one, List<Resp> added, int from) {
    int size = one.appends().size();
    for (int i = from; i < from + size; i++) {
      if (added.get(i) instanceof Resp.Failure refused) {
        one.ids()
            .completeExceptionally(
                IoLoop.leatException(RedisFailure.of(connection.server(), refused)));
        return;
      }
    }
    one.ids().complete(new Ids(added, from, size));
  }

  /** Strings once somebody looks at them, which few do. */
  private static final class Ids extends AbstractList<String> {
    private final List<Resp> added;
    private final int from;
    private final int size;

    Ids(List<Resp> added, int from, int size) {
      this.added = added;
      this.from = from;
      this.size = size;
    }

    @Override
    public String get(int index) {
      return entryId(added.get(from + Objects.checkIndex(index, size)));
    }

    @Override
    public int size() {
      return size;
    }
  }

  private void onFailure(List<One> batch, Throwable failure) {
    if (isMendable(failure)) {
      mend(batch, failure instanceof RedisLost);
    } else if (failure instanceof RedisFailure refused && refused.isForbidden()) {
      forbidden(batch, refused);
    } else {
      batch.forEach(one -> one.ids().completeExceptionally(IoLoop.leatException(failure)));
    }
  }

  /** One that may not be written has had all of its turn refused: the others are not its fault. */
  private void forbidden(List<One> batch, RedisFailure refused) {
    if (batch.size() > 1) {
      batch.forEach(one -> send(List.of(one)));
      return;
    }
    One one = batch.getFirst();
    String streams =
        one.appends().stream()
            .map(append -> StreamKeys.of(append.stream()))
            .distinct()
            .collect(Collectors.joining(", "));
    one.ids()
        .completeExceptionally(
            new BrokerUnavailable(
                "nothing can be appended to " + streams + ": " + refused.getMessage(), refused));
  }

  /**
   * Looks for what may be there, and appends what is not.
   *
   * @param lost whether it may be there
   */
  private void mend(List<One> batch, boolean lost) {
    AtomicBoolean mayBeThere = new AtomicBoolean(lost);
    long since = connection.quietAt();
    Map<String, List<Append>> streams = new LinkedHashMap<>();
    for (One one : batch) {
      one.appends()
          .forEach(
              append ->
                  streams
                      .computeIfAbsent(StreamKeys.of(append.stream()), key -> new ArrayList<>())
                      .add(append));
    }
    IdentityHashMap<Append, String> ids = new IdentityHashMap<>();
    Map<String, Future<?>> mending = new HashMap<>();
    streams.forEach(
        (stream, appends) ->
            mending.put(
                stream,
                mended(stream, appends, since, mayBeThere)
                    .onSuccess(
                        found -> {
                          for (int i = 0; i < appends.size(); i++) {
                            ids.put(appends.get(i), found.get(i));
                          }
                        })));
    for (One one : batch) {
      Future.all(
              one.appends().stream()
                  .map(append -> mending.get(StreamKeys.of(append.stream())))
                  .toList())
          .onSuccess(all -> one.ids().complete(one.appends().stream().map(ids::get).toList()))
          .onFailure(
              failure -> one.ids().completeExceptionally(unmended(failure, mayBeThere.get())));
    }
  }

  private static LeatException unmended(Throwable failure, boolean lost) {
    LeatException known = IoLoop.leatException(failure);
    return lost && known instanceof BrokerUnavailable
        ? BrokerUnavailable.inTheMidst(String.valueOf(known.getMessage()), failure)
        : known;
  }

  /** A server that was not there did nothing: who asks is told so at once. */
  private static boolean isMendable(Throwable failure) {
    return failure instanceof RedisLost || (failure instanceof RedisFailure f && f.passes());
  }

  /** The ids of the entries, of those that were there and of those that are made now. */
  private Future<List<String>> mended(
      String stream, List<Append> appends, long since, AtomicBoolean mayBeThere) {
    log.info("stream={} messages={} looked for, their answers were lost", stream, appends.size());
    Map<String, String> there = new HashMap<>();
    return RetryOnLoss.within(
        io.vertx(),
        connection,
        PATIENCE,
        () ->
            found(stream, appends, since + "-0", there)
                .compose(from -> appended(stream, missing(appends, there), from, there))
                .map(
                    done ->
                        appends.stream()
                            .map(append -> there.getOrDefault(append.message().id(), ""))
                            .toList())
                .onFailure(
                    failure -> {
                      if (failure instanceof RedisLost) {
                        mayBeThere.set(true);
                      }
                    }));
  }

  private static List<Append> missing(List<Append> appends, Map<String, String> there) {
    return appends.stream().filter(append -> !there.containsKey(append.message().id())).toList();
  }

  /** Looks at a page after the other, so that the server serves others in between. */
  private Future<String> found(
      String stream, List<Append> appends, String from, Map<String, String> there) {
    List<Append> missing = missing(appends, there);
    if (missing.isEmpty()) {
      return Future.succeededFuture(from);
    }
    return Script.FIND
        .run(
            connection,
            List.of(stream),
            command -> {
              command.and(from).and(PAGE);
              missing.forEach(append -> command.and(append.message().id()));
              return command;
            })
        .compose(
            said -> {
              List<Resp> items = said.items();
              note(missing, items.subList(2, items.size()), there);
              String next = items.get(1).text();
              return items.get(0).number() < PAGE
                  ? Future.succeededFuture(next)
                  : found(stream, appends, next, there);
            });
  }

  private Future<?> appended(
      String stream, List<Append> missing, String from, Map<String, String> there) {
    if (missing.isEmpty()) {
      return Future.succeededFuture();
    }
    return Script.APPEND
        .run(
            connection,
            List.of(stream),
            command -> {
              command.and(from);
              for (Append append : missing) {
                List<byte[]> strings = StreamEntry.encode(append.message(), append.dialect());
                command
                    .and(append.message().id())
                    .and(Commands.isOnlyIfThere(stream) ? 1 : 0)
                    .and(strings.size())
                    .and(strings);
              }
              return command;
            })
        .onSuccess(ids -> note(missing, ids.items(), there));
  }

  private static void note(List<Append> appends, List<Resp> ids, Map<String, String> there) {
    for (int i = 0; i < appends.size(); i++) {
      String id = entryId(ids.get(i));
      if (!id.isEmpty()) {
        there.put(appends.get(i).message().id(), id);
      }
    }
  }

  private static String entryId(Resp added) {
    return added instanceof Resp.Nil ? "" : added.text();
  }
}
