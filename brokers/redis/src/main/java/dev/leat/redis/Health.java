package dev.leat.redis;

import dev.leat.broker.GroupHealth;
import dev.leat.broker.StreamHealth;
import io.vertx.core.Future;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.Function;
import java.util.stream.Stream;

/** Looks at streams, and trims them by what it sees. Confined to its connection's loop. */
final class Health {
  /** Entries counted at a time, where the server does not say how many wait. */
  private static final int PAGE = 1_000;

  private final RedisConnection connection;

  Health(RedisConnection connection) {
    this.connection = connection;
  }

  Future<StreamHealth> of(String stream) {
    return length(stream)
        .compose(
            length ->
                groups(stream)
                    .compose(infos -> healths(stream, infos))
                    .map(groups -> new StreamHealth(stream, length, groups)));
  }

  Future<Long> length(String stream) {
    return connection.send(Command.of("XLEN", stream)).map(Resp::number);
  }

  /**
   * Removes what stands before both the newest entries that are to stay and whatever a group has
   * not completed. A group only moves forward, so that what was seen to be completed stays so.
   */
  Future<Long> trim(String stream, long keep) {
    return groups(stream)
        .compose(infos -> infos.isEmpty() ? shorten(stream, keep) : trim(stream, keep, infos));
  }

  private Future<Long> shorten(String stream, long keep) {
    return connection.send(Command.of("XTRIM", stream, "MAXLEN", "=").and(keep)).map(Resp::number);
  }

  private Future<Long> trim(String stream, long keep, List<Fields> groups) {
    return each(groups, group -> floor(stream, group))
        .compose(
            floors ->
                firstKept(stream, keep)
                    .compose(
                        kept ->
                            removeBelow(
                                stream, lowest(Stream.concat(floors.stream(), Stream.of(kept))))));
  }

  /** The id below which every group has completed everything; {@code 0} where there is no group. */
  Future<String> completedBelow(String stream) {
    return groups(stream)
        .compose(infos -> each(infos, info -> floor(stream, info)))
        .map(floors -> lowest(floors.stream()));
  }

  Future<Long> removeBelow(String stream, String id) {
    return connection.send(Command.of("XTRIM", stream, "MINID", "=", id)).map(Resp::number);
  }

  /** Id of the last entry that was ever appended; {@code 0} where there is no stream. */
  static Future<String> newest(RedisConnection connection, String stream) {
    return connection
        .send(Command.of("XINFO", "STREAM", stream))
        .map(info -> Fields.of(info).text("last-generated-id"))
        .recover(failure -> nothingThere(failure, "0"));
  }

  /** Ids by their order in the stream. */
  static int compare(String one, String other) {
    int byTime = Long.compareUnsigned(part(one, 0), part(other, 0));
    return byTime != 0 ? byTime : Long.compareUnsigned(part(one, 1), part(other, 1));
  }

  /** For a question about a stream that does not exist: the answer is this. */
  private static <T> Future<T> nothingThere(Throwable failure, T answer) {
    return failure instanceof RedisFailure refused && refused.says("ERR no such key")
        ? Future.succeededFuture(answer)
        : Future.failedFuture(failure);
  }

  private Future<List<Fields>> groups(String stream) {
    return connection
        .send(Command.of("XINFO", "GROUPS", stream))
        .map(groups -> groups.items().stream().map(Fields::of).toList())
        .recover(failure -> nothingThere(failure, List.of()));
  }

  private Future<List<GroupHealth>> healths(String stream, List<Fields> infos) {
    return each(
        infos, info -> backlog(stream, info).compose(backlog -> health(stream, info, backlog)));
  }

  /** What waits for its turn was handed to nobody, though to the server it is pending. */
  private Future<GroupHealth> health(String stream, Fields group, long backlog) {
    String name = group.text("name");
    return connection
        .send(Command.of("XINFO", "CONSUMERS", stream, name))
        .map(
            consumers -> {
              int members = consumers.items().size();
              long waiting = 0;
              for (Resp one : consumers.items()) {
                Fields consumer = Fields.of(one);
                if (consumer.text("name").equals(Claims.WAITING)) {
                  members--;
                  waiting = consumer.number("pending").orElse(0);
                }
              }
              return new GroupHealth(
                  name,
                  members,
                  group.number("pending").orElse(0) - waiting,
                  OptionalLong.of(backlog + waiting));
            });
  }

  /** What the server says, since 7.0; else, or where it has lost count, what there is to count. */
  private Future<Long> backlog(String stream, Fields group) {
    OptionalLong lag = group.number("lag");
    return lag.isPresent()
        ? Future.succeededFuture(lag.getAsLong())
        : countAfter(stream, group.text("last-delivered-id"), 0);
  }

  private Future<Long> countAfter(String stream, String id, long counted) {
    return connection
        .send(Command.of("XRANGE", stream, "(" + id, "+", "COUNT").and(PAGE))
        .compose(
            page -> {
              List<RawEntry> entries = RawEntry.ofStream(page);
              return entries.size() < PAGE
                  ? Future.succeededFuture(counted + entries.size())
                  : countAfter(stream, entries.getLast().id(), counted + entries.size());
            });
  }

  /** The first id that the group has not completed, or will be handed next. */
  private Future<String> floor(String stream, Fields group) {
    if (group.number("pending").orElse(0) == 0) {
      return Future.succeededFuture(after(group.text("last-delivered-id")));
    }
    return connection
        .send(Command.of("XPENDING", stream, group.text("name")))
        .map(
            summary ->
                summary.items().get(1) instanceof Resp.Text oldest
                    ? oldest.text()
                    : after(group.text("last-delivered-id")));
  }

  private Future<String> firstKept(String stream, long keep) {
    long count = Math.max(1, keep);
    return connection
        .send(Command.of("XREVRANGE", stream, "+", "-", "COUNT").and(count))
        .map(
            newest -> {
              List<RawEntry> entries = RawEntry.ofStream(newest);
              if (entries.isEmpty() || entries.size() < keep) {
                return "0";
              }
              return keep == 0 ? after(entries.getLast().id()) : entries.getLast().id();
            });
  }

  private static <A, B> Future<List<B>> each(List<A> all, Function<A, Future<B>> question) {
    List<Future<B>> answers = all.stream().map(question).toList();
    return Future.all(answers).map(done -> answers.stream().map(Future::result).toList());
  }

  private static String lowest(Stream<String> ids) {
    return ids.min(Health::compare).orElse("0");
  }

  private static String after(String id) {
    int dash = id.indexOf('-');
    return dash < 0
        ? id + "-1"
        : id.substring(0, dash + 1) + (Long.parseUnsignedLong(id.substring(dash + 1)) + 1);
  }

  private static long part(String id, int index) {
    String[] parts = id.split("-", 2);
    return index < parts.length ? Long.parseUnsignedLong(parts[index]) : 0;
  }
}
