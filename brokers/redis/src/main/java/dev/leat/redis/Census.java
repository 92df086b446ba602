package dev.leat.redis;

import dev.leat.BadMessage;
import dev.leat.Headers;
import dev.leat.Message;
import dev.leat.Payload;
import dev.leat.Position;
import dev.leat.Topic;
import dev.leat.broker.GroupCensus;
import dev.leat.broker.OpenMessage;
import dev.leat.broker.StreamCensus;
import dev.leat.wire.EntryStrings;
import dev.leat.wire.StreamEntry;
import dev.leat.wire.StreamKeys;
import io.vertx.core.Future;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;

/**
 * Looks at how each message of a topic stands, in one step of the server. Confined to its
 * connection's loop.
 */
final class Census {
  /** Bytes of entries that are looked at in one step; others wait meanwhile. */
  private static final long PORTION = 4L << 20;

  private static final int LARGEST_PAGE = 500;

  private final RedisConnection connection;
  private final Health health;

  Census(RedisConnection connection, Health health) {
    this.connection = connection;
    this.health = health;
  }

  Future<StreamCensus> of(Topic topic) {
    String stream = StreamKeys.of(topic.incoming());
    return Script.CENSUS
        .run(
            connection,
            List.of(
                stream, Health.listening(stream), Registration.key(stream), Health.handed(stream)),
            command ->
                command
                    .and(Claims.WAITING)
                    .and(Claims.delayed(topic, ""))
                    .and(Registration.SILENT)
                    .and(Registration.UNSEEN))
        .compose(
            all -> {
              List<Resp> items = all.items();
              String newest = items.get(4).text();
              List<Future<GroupCensus>> groups =
                  items.stream()
                      .skip(5)
                      .map(group -> group(stream, newest, group.items()))
                      .toList();
              return Future.all(groups)
                  .map(
                      done ->
                          new StreamCensus(
                              topic.incoming(),
                              Instant.ofEpochMilli(items.get(0).number()),
                              OptionalLong.of(items.get(1).number()),
                              items.get(2).number() < 0
                                  ? OptionalLong.empty()
                                  : OptionalLong.of(items.get(2).number()),
                              time(items.get(3).text()),
                              groups.stream().map(Future::result).toList()));
            });
  }

  /**
   * What is due again waits as what is new, but was begun before. What a group that was set back is
   * to have again is pending, and is counted as that.
   */
  private Future<GroupCensus> group(String stream, String newest, List<Resp> said) {
    long pending = said.get(1).number();
    long behind = said.get(2).number();
    long lag = said.get(3).number();
    long turns = said.get(5).number();
    long delayed = Math.min(said.get(6).number(), pending - turns);
    long due = Math.min(said.get(7).number(), pending - turns - delayed);
    long handed = pending - turns - delayed - due;
    boolean isHoldKnown = said.get(13).number() == 1;
    List<GroupCensus.Holder> members = isHoldKnown ? members(said.get(12)) : List.of();
    long left =
        members.stream().filter(one -> !one.isThere()).mapToLong(GroupCensus.Holder::holds).sum();
    OptionalLong abandoned =
        isHoldKnown ? OptionalLong.of(Math.min(handed, left)) : OptionalLong.empty();
    Future<Long> backlog =
        lag >= 0
            ? Future.succeededFuture(lag)
            : health.countBetween(stream, said.get(4).text(), newest);
    return backlog.map(
        unread ->
            new GroupCensus(
                said.get(0).text(),
                said.get(11).number() == 0,
                OptionalLong.of(pending + unread - behind),
                OptionalLong.of(unread + due - behind),
                OptionalLong.of(turns),
                OptionalLong.of(handed - abandoned.orElse(0)),
                OptionalLong.of(delayed),
                abandoned,
                Stream.of(said.get(8), said.get(10))
                    .flatMap(id -> time(id.text()).stream())
                    .min(Comparator.naturalOrder()),
                time(said.get(9).text()).or(() -> time(said.get(10).text())),
                members));
  }

  private static List<GroupCensus.Holder> members(Resp said) {
    return said.items().stream()
        .map(Resp::items)
        .map(
            one ->
                new GroupCensus.Holder(
                    one.get(0).text(), one.get(2).number() == 1, one.get(1).number()))
        .sorted(Comparator.comparing(GroupCensus.Holder::member))
        .toList();
  }

  Future<List<OpenMessage>> open(Topic topic, String group, Position from, int limit) {
    if (from instanceof Position.Now) {
      return Future.succeededFuture(List.of());
    }
    String after =
        switch (from) {
          case Position.After entry -> entry.entryId();
          // Nothing has the highest number there can be before that.
          case Position.At at -> (at.time().toEpochMilli() - 1) + "-18446744073709551615";
          default -> "";
        };
    String stream = StreamKeys.of(topic.incoming());
    return Script.OPEN
        .run(
            connection,
            List.of(stream, Claims.delayed(topic, group), Registration.key(stream)),
            command ->
                command
                    .and(group)
                    .and(Claims.WAITING)
                    .and(after)
                    .and(Math.min(limit, LARGEST_PAGE))
                    .and(PORTION)
                    .and(Registration.SILENT)
                    .and(Registration.UNSEEN))
        .map(all -> all.items().stream().map(Resp::items).map(Census::open).toList());
  }

  private static OpenMessage open(List<Resp> said) {
    String entryId = said.get(0).text();
    OpenMessage.State state = OpenMessage.State.valueOf(said.get(1).text());
    String score = said.get(4).text();
    boolean isHeld = state == OpenMessage.State.RUNNING || state == OpenMessage.State.ABANDONED;
    return new OpenMessage(
        entryId,
        time(entryId).orElse(Instant.EPOCH),
        message(entryId, said.get(5).strings()),
        state,
        (int) said.get(2).number(),
        isHeld ? Optional.of(said.get(3).text()) : Optional.empty(),
        state == OpenMessage.State.DELAYED
            ? Optional.of(Instant.ofEpochMilli((long) Double.parseDouble(score)))
            : Optional.empty());
  }

  /** Of what breaks the protocol, or was deleted, its place tells it apart. */
  private static Message message(String entryId, EntryStrings strings) {
    try {
      return StreamEntry.decode(strings);
    } catch (BadMessage broken) {
      return new Message(
          StreamEntry.id(strings).orElse(entryId), "", "", Headers.NONE, "", Payload.EMPTY);
    }
  }

  /** With which an id begins; empty where there is none. */
  private static Optional<Instant> time(String id) {
    int dash = id.indexOf('-');
    return dash < 0
        ? Optional.empty()
        : Optional.of(Instant.ofEpochMilli(millis(id.substring(0, dash))));
  }

  /** What others have appended may be as far away as a server can count. */
  private static long millis(String digits) {
    long millis = Long.parseUnsignedLong(digits);
    return millis < 0 ? Long.MAX_VALUE : millis;
  }
}
