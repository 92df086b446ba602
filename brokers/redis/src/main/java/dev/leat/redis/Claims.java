package dev.leat.redis;

import dev.leat.Dialect;
import dev.leat.Encoding;
import dev.leat.Headers;
import dev.leat.Message;
import dev.leat.Payload;
import dev.leat.Problem;
import dev.leat.Topic;
import dev.leat.broker.EventLoop;
import dev.leat.broker.Membership;
import dev.leat.wire.DeadLetter;
import dev.leat.wire.StreamEntry;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds what nobody is at work on: what was released and is due, and what dead members held. Also
 * removes those members, once they hold nothing. Confined to its loop.
 *
 * <p>How soon: what was released, when it is due; what a dead member held, a lease after it was
 * last extended, and up to a quarter of a lease or two seconds later, whichever is less.
 */
final class Claims {
  private static final Logger log = LoggerFactory.getLogger(Claims.class);

  private static final long LONGEST_PAUSE = 2_000;

  private static final long SHORTEST_PAUSE = 20;

  /** Taken at a time: the server does nothing else meanwhile. */
  private static final int MOST = 100;

  /**
   * Milliseconds after which a member that holds nothing is removed. A living one reads every five
   * seconds; but what it holds does not depend on this, so it need not be longer than a pause.
   */
  private static final long UNSEEN = 60_000;

  /** A member is looked for among the dead once in so many claims. */
  private static final int ROUNDS_PER_SWEEP = 10;

  private final Vertx vertx;
  private final RedisConnection control;
  private final Membership membership;
  private final EventLoop loop;
  private final List<String> keys;
  private final IntSupplier demand;
  private final Consumer<List<Claimed>> onClaimed;
  private String cursor = "-";
  private boolean claiming;
  private boolean closed;
  private int rounds;
  private @Nullable Long periodic;
  private @Nullable Long dueTimer;

  /**
   * An entry that is handed over again.
   *
   * @param attempt this time included
   */
  record Claimed(RawEntry entry, int attempt) {}

  /**
   * Claims for a member.
   *
   * @param demand how many it can take
   */
  Claims(
      Vertx vertx,
      RedisConnection control,
      Membership membership,
      EventLoop loop,
      IntSupplier demand,
      Consumer<List<Claimed>> onClaimed) {
    this.vertx = vertx;
    this.control = control;
    this.membership = membership;
    this.loop = loop;
    this.demand = demand;
    this.onClaimed = onClaimed;
    this.keys =
        List.of(
            membership.topic().incoming(), delayed(membership), membership.topic().deadLetters());
  }

  /** Where a group's released entries wait for their time, by when that is. */
  static String delayed(Membership membership) {
    Topic topic = membership.topic();
    return String.join("::", topic.namespace(), topic.name(), "DELAYED", membership.group());
  }

  void start() {
    if (periodic == null && !closed) {
      long pause = Math.clamp(membership.lease().toMillis() / 4, SHORTEST_PAUSE, LONGEST_PAUSE);
      periodic = vertx.setPeriodic(pause, fired -> claim());
    }
  }

  void close() {
    closed = true;
    if (periodic != null) {
      vertx.cancelTimer(periodic);
    }
    if (dueTimer != null) {
      vertx.cancelTimer(dueTimer);
    }
  }

  /** Something is due after a time. */
  void claimIn(long milliseconds) {
    if (!closed) {
      vertx.setTimer(Math.max(1, milliseconds), fired -> claim());
    }
  }

  /** Takes what is pending under the member's name, but that it does not know. */
  Future<List<Claimed>> takeBack(RedisConnection over, List<String> lost) {
    return lost.isEmpty() ? Future.succeededFuture(List.of()) : take(over, lost, 0);
  }

  /** Says that the member leaves: it is removed unless it holds something. */
  void leave() {
    leave(membership.member());
  }

  private void claim() {
    int room = Math.min(demand.getAsInt(), MOST);
    if (closed || claiming || room == 0) {
      return;
    }
    claiming = true;
    take(control, List.of(), room)
        .onSuccess(
            claimed -> {
              if (!claimed.isEmpty()) {
                onClaimed.accept(claimed);
              }
            })
        .onFailure(failure -> log.debug("stream={} nothing claimed", keys.getFirst(), failure))
        .onComplete(done -> claiming = false);
    if (++rounds % ROUNDS_PER_SWEEP == 0) {
      leave("");
    }
  }

  private void leave(String member) {
    Script.LEAVE
        .run(
            control,
            keys.subList(0, 1),
            command -> command.and(membership.group(), member).and(UNSEEN))
        .onSuccess(
            removed ->
                removed
                    .items()
                    .forEach(
                        gone ->
                            log.info(
                                "stream={} group={} member={} removed, it held nothing",
                                keys.getFirst(),
                                membership.group(),
                                gone.text())));
  }

  private Future<List<Claimed>> take(RedisConnection over, List<String> lost, int most) {
    List<byte[]> letter = StreamEntry.encode(gone(), Dialect.PACKED);
    return Script.TAKE
        .run(
            over,
            keys,
            command -> {
              command
                  .and(membership.group(), membership.member())
                  .and(membership.lease().toMillis())
                  .and(most)
                  .and(cursor)
                  .and(letter.size())
                  .and(letter);
              lost.forEach(command::and);
              return command;
            })
        .map(this::onTaken);
  }

  private List<Claimed> onTaken(Resp answer) {
    List<Resp> parts = answer.items();
    for (Resp gone : parts.get(1).items()) {
      log.warn("stream={} entry={} was deleted while pending", keys.getFirst(), gone.text());
    }
    cursor = parts.get(2).text();
    long due = parts.get(3).number();
    if (dueTimer != null) {
      vertx.cancelTimer(dueTimer);
      dueTimer = null;
    }
    if (due >= 0 && due < LONGEST_PAUSE && !closed) {
      dueTimer = vertx.setTimer(Math.max(1, due), fired -> claim());
    }
    List<Claimed> claimed = new ArrayList<>();
    for (Resp one : parts.get(0).items()) {
      claimed.add(new Claimed(RawEntry.of(one), (int) one.items().get(2).number()));
    }
    return claimed;
  }

  /** What is left of an entry that somebody deleted; the script fills in which. */
  private Message gone() {
    Message lost =
        new Message("$id", "", "", Headers.NONE, "", Payload.of(Encoding.TEXT, new byte[0]));
    Problem cause =
        Problem.of(410, "Payload lost", "the entry was deleted before it was completed");
    Message letter = DeadLetter.of(lost, cause, 0, loop.clock().instant()).written();
    return letter.withHeaders(letter.headers().with(DeadLetter.ATTEMPTS, "$attempts"));
  }
}
