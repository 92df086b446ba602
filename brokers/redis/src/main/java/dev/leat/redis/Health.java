package dev.leat.redis;

import dev.leat.Retention;
import dev.leat.StreamRef;
import dev.leat.Topic;
import dev.leat.broker.GroupHealth;
import dev.leat.broker.StreamHealth;
import dev.leat.wire.StreamKeys;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Looks at streams, and trims them, each in one step of the server. Confined to its connection's
 * loop.
 */
final class Health {
  /** Entries counted at a time, where the server does not say how many wait. */
  private static final int PAGE = 1_000;

  /** Pages of keys that are looked through for topics: a tenth of a second of a server's time. */
  private static final int ROUNDS = 200;

  /** Of the server's memory that completed entries of one stream take at most: one in so many. */
  private static final int PART = 32;

  /** The same of the dead letters of a topic. */
  private static final int PART_OF_DEAD_LETTERS = 8;

  /** What a stream takes is not asked for more often; its length always is. */
  private static final Duration SIZE_PAUSE = Duration.ofMillis(500);

  private static final int MOST_SIZES = 10_000;

  /** Where no group reads a stream: all stays, or it goes by age and bytes. */
  private static final long ALL = -1;

  private static final long BY_RETENTION = -2;

  private static final Retention NOTHING = new Retention(Duration.ZERO, Retention.DEFAULT.bytes());

  private final RedisConnection connection;
  private final long kept;

  /** What streams took lately. */
  private final Map<String, Size> sizes = new HashMap<>();

  private record Size(long at, long length, long bytes) {}

  /**
   * What trimming came to.
   *
   * @param removed how many entries
   * @param completedBelow the id below which every group has completed everything
   * @param handed the id of what each group was handed last
   */
  record Trimmed(long removed, String completedBelow, Map<String, String> handed) {
    static final Trimmed NOTHING = new Trimmed(0, "", Map.of());
  }

  /**
   * Looks over a connection.
   *
   * @param kept bytes of a stream that may be of what is completed
   */
  Health(RedisConnection connection, long kept) {
    this.connection = connection;
    this.kept = kept;
  }

  /** Where it stands how many entries each group was handed, with which run of the server. */
  static String handed(String stream) {
    return stream + "::HANDED";
  }

  /** Where it stands which of a stream's groups only listen. */
  static String listening(String stream) {
    return stream + "::LISTENING";
  }

  /** Remembers of a group whether it only listens; what is so already needs no memory. */
  static Future<?> note(RedisConnection connection, String stream, String group, boolean answers) {
    String key = listening(stream);
    return connection
        .send(Command.of("SISMEMBER", key, group))
        .compose(
            listens ->
                (listens.number() == 0) == answers
                    ? Future.succeededFuture()
                    : connection.send(Command.of(answers ? "SREM" : "SADD", key, group)));
  }

  Future<StreamHealth> of(StreamRef ref) {
    String stream = StreamKeys.of(ref);
    Size known = sizes.get(stream);
    boolean asksSize = known == null || System.nanoTime() - known.at > SIZE_PAUSE.toNanos();
    return Script.HEALTH
        .run(
            connection,
            List.of(
                stream,
                listening(stream),
                Registration.key(stream),
                TopicRetention.key(stream),
                handed(stream)),
            command ->
                command
                    .and(Claims.WAITING)
                    .and(Registration.SILENT)
                    .and(Registration.UNSEEN)
                    .and(asksSize ? 1 : 0))
        .compose(
            all -> {
              List<Resp> items = all.items();
              long length = items.getFirst().number();
              if (asksSize) {
                keep(stream, new Size(System.nanoTime(), length, items.get(1).number()));
              }
              OptionalLong bytes = bytes(sizes.get(stream), length);
              long most =
                  TopicRetention.read(items.get(2).text()).map(Retention::bytes).orElse(kept);
              List<Future<GroupHealth>> groups =
                  items.stream().skip(3).map(group -> health(stream, group.items())).toList();
              return Future.all(groups)
                  .map(
                      done ->
                          StreamHealth.of(
                              ref,
                              length,
                              groups.stream().map(Future::result).toList(),
                              bytes,
                              most));
            });
  }

  Future<Set<String>> untaken(String stream, List<String> entryIds) {
    List<Future<Set<String>>> portions = new ArrayList<>();
    for (int from = 0; from < entryIds.size(); from += PAGE) {
      List<String> portion = entryIds.subList(from, Math.min(entryIds.size(), from + PAGE));
      portions.add(
          Script.UNTAKEN
              .run(
                  connection,
                  List.of(stream, listening(stream)),
                  command -> command.and(Claims.WAITING).and(portion.toArray(String[]::new)))
              .map(ids -> ids.items().stream().map(Resp::text).collect(Collectors.toSet())));
    }
    return Future.all(portions)
        .map(
            done ->
                portions.stream()
                    .flatMap(portion -> portion.result().stream())
                    .collect(Collectors.toSet()));
  }

  /**
   * Topics by their incoming streams; where there are very many keys, of the first that are seen.
   */
  Future<Set<Topic>> topics() {
    return topics("0", ROUNDS, new HashSet<>());
  }

  private Future<Set<Topic>> topics(String cursor, int rounds, Set<Topic> found) {
    return connection
        .send(
            Command.of("SCAN", cursor, "MATCH", "*::CONSUMER_INCOMING", "COUNT")
                .and(PAGE)
                .and("TYPE", "stream"))
        .compose(
            page -> {
              page.items()
                  .get(1)
                  .items()
                  .forEach(key -> StreamKeys.incomingTopic(key.text()).ifPresent(found::add));
              String next = page.items().getFirst().text();
              return next.equals("0") || rounds == 1
                  ? Future.succeededFuture(found)
                  : topics(next, rounds - 1, found);
            });
  }

  /** Removes the oldest entries beyond a number, but never what a group has not completed. */
  Future<Long> trim(String stream, long keep) {
    return firstKept(stream, keep)
        .compose(kept -> trim(stream, kept, keep, NOTHING, PART, "", Trimmed.NOTHING))
        .map(Trimmed::removed);
  }

  /**
   * Removes the dead letters of a topic that are too old, and the oldest where all take too much,
   * but for the latest.
   *
   * @param janitor who does so; where there are many and another looks after them, it is left to
   *     that
   */
  Future<Long> trimDeadLetters(Topic topic, Retention retention, String janitor) {
    String stream = StreamKeys.of(topic.deadLetters());
    return trim(stream, "", BY_RETENTION, retention, PART_OF_DEAD_LETTERS, janitor, Trimmed.NOTHING)
        .map(Trimmed::removed);
  }

  /** Removes marks of attempts that failed, as long as what they are about. */
  Future<Long> trimFailedAttempts(Topic topic, Retention retention, String janitor) {
    return trim(
            List.of(
                StreamKeys.of(topic.failedAttempts()),
                janitorOf(StreamKeys.of(topic.failedAttempts())),
                TopicRetention.key(StreamKeys.of(topic.incoming())),
                handed(StreamKeys.of(topic.failedAttempts()))),
            "",
            BY_RETENTION,
            retention,
            PART,
            janitor,
            Trimmed.NOTHING)
        .map(Trimmed::removed);
  }

  /** Removes what every group has completed and was kept for long enough, if there are groups. */
  Future<Trimmed> trimCompleted(
      String stream, Retention retention, String janitor, Trimmed before) {
    return trim(stream, "", ALL, retention, PART, janitor, before);
  }

  /** Removes replies that were kept for long enough, of those that stand before one. */
  Future<Long> trimReplies(String stream, String last, Retention retention) {
    return trim(stream, last, BY_RETENTION, retention, PART, "", Trimmed.NOTHING)
        .map(Trimmed::removed);
  }

  /** The same over a connection that is about to be closed. */
  void trimRepliesLast(String stream, String last, Retention retention) {
    Script.TRIM.runLast(
        connection,
        keysOfTrim(stream),
        command -> addTo(command, last, BY_RETENTION, retention, PART, "", Trimmed.NOTHING));
  }

  private Future<Trimmed> trim(
      String stream,
      String cap,
      long keep,
      Retention retention,
      int part,
      String janitor,
      Trimmed before) {
    return trim(keysOfTrim(stream), cap, keep, retention, part, janitor, before);
  }

  private Future<Trimmed> trim(
      List<String> keys,
      String cap,
      long keep,
      Retention retention,
      int part,
      String janitor,
      Trimmed before) {
    return Script.TRIM
        .run(
            connection,
            keys,
            command -> addTo(command, cap, keep, retention, part, janitor, before))
        .map(
            said -> {
              List<Resp> items = said.items();
              Map<String, String> handed = new HashMap<>();
              for (int i = 2; i + 1 < items.size(); i += 2) {
                handed.put(items.get(i).text(), items.get(i + 1).text());
              }
              return new Trimmed(items.get(0).number(), items.get(1).text(), handed);
            });
  }

  private static List<String> keysOfTrim(String stream) {
    return List.of(stream, janitorOf(stream), TopicRetention.key(stream), handed(stream));
  }

  private static String janitorOf(String stream) {
    return stream + "::JANITOR";
  }

  /** The arguments of the script, as it says. */
  private static Command addTo(
      Command command,
      String cap,
      long keep,
      Retention retention,
      int part,
      String janitor,
      Trimmed before) {
    command.and(cap).and(keep).and(retention.age().toMillis());
    command.and(retention.bytes()).and(part).and(janitor).and(before.completedBelow());
    before.handed().forEach((group, last) -> command.and(group).and(last));
    return command;
  }

  /** Id of the last entry that was ever appended; {@code 0-0} where there is no stream. */
  static Future<String> newest(RedisConnection connection, String stream) {
    return connection
        .send(Command.of("XINFO", "STREAM", stream))
        .map(info -> Fields.of(info).text("last-generated-id"))
        .recover(failure -> nothingThere(failure, "0-0"));
  }

  /** Id of the entry that a group was handed last; empty where there is no such group. */
  static Future<Optional<String>> handed(RedisConnection connection, String stream, String group) {
    return connection
        .send(Command.of("XINFO", "GROUPS", stream))
        .map(
            groups ->
                groups.items().stream()
                    .map(Fields::of)
                    .filter(fields -> fields.text("name").equals(group))
                    .map(fields -> fields.text("last-delivered-id"))
                    .findFirst())
        .recover(failure -> nothingThere(failure, Optional.empty()));
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

  /** What waits for its turn was handed to nobody, though to the server it is pending. */
  private Future<GroupHealth> health(String stream, List<Resp> group) {
    long waiting = group.get(3).number();
    long lag = group.get(4).number();
    Future<Long> backlog =
        lag >= 0 ? Future.succeededFuture(lag) : countBetween(stream, group.get(5).text(), "+");
    return backlog.map(
        unread ->
            GroupHealth.of(
                group.get(0).text(),
                (int) group.get(1).number(),
                group.get(2).number(),
                unread + waiting,
                group.get(6).number() == 0));
  }

  private void keep(String stream, Size size) {
    if (sizes.size() > MOST_SIZES) {
      sizes.clear();
    }
    sizes.put(stream, size);
  }

  /** As it was lately, and as much more as there are more entries now. */
  private static OptionalLong bytes(@Nullable Size lately, long length) {
    if (lately == null || lately.bytes < 0) {
      return OptionalLong.empty();
    }
    return OptionalLong.of(
        lately.length == 0
            ? lately.bytes
            : (long) ((double) lately.bytes * length / lately.length));
  }

  /** How many entries stand behind one, up to another; such a server does not count them itself. */
  Future<Long> countBetween(String stream, String from, String to) {
    return countBetween(stream, from, to, 0);
  }

  private Future<Long> countBetween(String stream, String from, String to, long counted) {
    return Script.COUNT
        .run(connection, List.of(stream), command -> command.and(from).and(to))
        .compose(
            page -> {
              long count = counted + page.items().get(0).number();
              return page.items().get(2).number() == 0
                  ? Future.succeededFuture(count)
                  : countBetween(stream, page.items().get(1).text(), to, count);
            });
  }

  /** The oldest of the newest that are kept: nothing older ever becomes one of them. */
  private Future<String> firstKept(String stream, long keep) {
    return connection
        .send(Command.of("XREVRANGE", stream, "+", "-", "COUNT").and(Math.max(1, keep)))
        .map(
            newest -> {
              List<RawEntry> entries = RawEntry.ofStream(newest);
              if (entries.size() < Math.max(1, keep)) {
                return "0-0";
              }
              return keep == 0 ? after(entries.getLast().id()) : entries.getLast().id();
            });
  }

  private static String after(String id) {
    int dash = id.indexOf('-') + 1;
    return id.substring(0, dash) + (Long.parseUnsignedLong(id.substring(dash)) + 1);
  }

  private static long part(String id, int index) {
    String[] parts = id.split("-", 2);
    return index < parts.length ? Long.parseUnsignedLong(parts[index]) : 0;
  }
}
