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
import dev.leat.wire.StreamKeys;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds what nobody is at work on: what was released and is due, and what dead members held; where
 * the group keeps order by key, all there is. Also removes dead members, once they hold nothing.
 * Confined to its loop.
 *
 * <p>How soon: what was released, when it is due; what a dead member held, a lease after it was
 * last extended, and up to a quarter of a lease or two seconds later, whichever is less.
 */
final class Claims {
  private static final Logger log = LoggerFactory.getLogger(Claims.class);

  private static final long LONGEST_PAUSE = 2_000;

  private static final long SHORTEST_PAUSE = 20;

  /** Milliseconds after which what has to be done once is tried again. */
  private static final long AGAIN_PAUSE = 1_000;

  /** Who has what waits for its turn; no member has such a name. The script knows it too. */
  static final String WAITING = "(waiting)";

  /** Where order is kept, a member may free what only another has room for. */
  private static final long ORDERED_PAUSE = 100;

  /**
   * Entries of an ordered group that are at work or wait for their turn, beyond which it reads no
   * more: so far ahead a key whose handler stands still holds up no other.
   */
  private static final int LONGEST_ORDER = 10_000;

  /** Taken at a time: the server does nothing else meanwhile. */
  private static final int MOST = 100;

  /** A member is looked for among the dead once in so many claims. */
  private static final int ROUNDS_PER_SWEEP = 10;

  private final Vertx vertx;
  private final RedisConnection control;
  private final Membership membership;
  private final EventLoop loop;
  private final List<String> keys;
  private final Claimant claimant;
  private final Registration registration;
  private final LeaseGuard guard;

  /** Where the sweep of the order goes on. */
  private String swept = "";

  private String cursor = "-";
  private boolean claiming;
  private int taking;
  private boolean owes;

  /** Before the member has its place in the group it has nothing to take. */
  private boolean resting = true;

  private @Nullable Promise<Void> rested;
  private boolean again;
  private boolean sweeping;
  private boolean closed;
  private int rounds;
  private @Nullable Long periodic;
  private @Nullable Long dueTimer;

  /**
   * An entry that is handed over, mostly again.
   *
   * @param attempt this time included
   * @param place where it stands in the group's order; empty where there is none
   */
  record Claimed(RawEntry entry, int attempt, String place) {}

  /**
   * What was taken.
   *
   * @param newest where order is kept, the entry behind which what is new will stand; {@link #MORE}
   *     where there may be more already, empty where enough stand in the order
   */
  record Taken(List<Claimed> claimed, String newest) {
    static final String MORE = "+";

    boolean mayBeMore() {
      return newest.equals(MORE);
    }
  }

  /** Who takes it. */
  interface Claimant {
    /** How many it can take now. */
    int room();

    /** Whether it has no room only since it waits for what is new. */
    boolean isTakenByReading();

    /** Something is there to be taken: it is to claim before it waits for what is new again. */
    void makeRoom();

    /** Told of each look, even if nothing was found. */
    void onTaken(Taken taken);

    /** Told when it is not known what was taken. */
    void onUntaken(Throwable failure);
  }

  /** Claims for a member. */
  Claims(
      Vertx vertx,
      RedisConnection control,
      Membership membership,
      EventLoop loop,
      Registration registration,
      Claimant claimant) {
    this.vertx = vertx;
    this.control = control;
    this.membership = membership;
    this.loop = loop;
    this.registration = registration;
    this.claimant = claimant;
    this.guard =
        new LeaseGuard(
            StreamKeys.of(membership.topic().incoming()),
            membership.lease().toMillis(),
            System::nanoTime);
    this.keys = new ArrayList<>();
    keys.add(StreamKeys.of(membership.topic().incoming()));
    keys.add(delayed(membership));
    keys.add(StreamKeys.of(membership.topic().deadLetters()));
    if (membership.ordered()) {
      keys.add(order(membership));
    }
  }

  /** Where a group's released entries wait for their time, by when that is. */
  static String delayed(Membership membership) {
    return delayed(membership.topic(), membership.group());
  }

  /** The same of a group of a topic. */
  static String delayed(Topic topic, String group) {
    return key(topic, "DELAYED", group);
  }

  /** Where a group's entries stand in line, by what they are about; there if it keeps order. */
  static String order(Membership membership) {
    return key(membership.topic(), "ORDER", membership.group());
  }

  private static String key(Topic topic, String what, String group) {
    return String.join("::", topic.namespace(), topic.name(), what, group);
  }

  void start() {
    if (periodic == null && !closed) {
      learnTime();
      long longest = membership.ordered() ? ORDERED_PAUSE : LONGEST_PAUSE;
      long pause = Math.clamp(membership.lease().toMillis() / 4, SHORTEST_PAUSE, longest);
      periodic =
          vertx.setPeriodic(
              pause,
              fired -> {
                sweeping = true;
                claim();
              });
    }
  }

  void stop() {
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
    // What is due later is seen in time when it is looked at what is there.
    if (!closed && milliseconds < LONGEST_PAUSE) {
      vertx.setTimer(Math.max(1, milliseconds), fired -> claim());
    }
  }

  /** Takes what is pending under the member's name, but that it does not know. */
  Future<Taken> takeBack(RedisConnection over, List<String> lost) {
    return lost.isEmpty()
        ? Future.succeededFuture(new Taken(List.of(), ""))
        : take(over, lost, "", 0);
  }

  /**
   * Takes nothing until told to go on; done once no answer is on its way. What such an answer
   * brings is pending under the member's name already, and would seem to be lost.
   */
  Future<Void> rest() {
    resting = true;
    if (!claiming) {
      return Future.succeededFuture();
    }
    Promise<Void> waiting = rested == null ? Promise.promise() : rested;
    rested = waiting;
    return waiting.future();
  }

  void goOn() {
    resting = false;
    if (again || owes) {
      claim();
    }
  }

  /** What a look that is under way may bring. */
  int taking() {
    return taking;
  }

  /** Whether something was there to be taken, for which there was no room. */
  boolean owes() {
    return owes;
  }

  /**
   * Takes what there is, as much as there is room for; one look at a time. Where there is none but
   * for what may be new, it only looks whether there is something, and has the room made for it.
   */
  void claim() {
    int room = closed ? 0 : Math.clamp(claimant.room(), 0, MOST);
    boolean looks = room == 0 && !closed && claimant.isTakenByReading();
    again |= claiming || resting;
    if (claiming || resting || (room == 0 && !looks)) {
      return;
    }
    claiming = true;
    taking = room;
    again = false;
    owes = false;
    // To see what has lapsed costs the server more than the rest, and is worth it now and then.
    String after = sweeping ? cursor : "";
    if (sweeping && ++rounds % ROUNDS_PER_SWEEP == 0) {
      registration.removeUnseen();
    }
    if (sweeping && (rounds % ROUNDS_PER_SWEEP == 0 || !swept.isEmpty())) {
      sweepOrder();
    }
    sweeping = false;
    take(control, List.of(), after, room)
        .onComplete(
            done -> {
              taking = 0;
              // What has lapsed is to be taken by the next look, which knows of room.
              sweeping |= owes && !after.isEmpty();
            })
        .onSuccess(claimant::onTaken)
        .onFailure(
            failure -> {
              log.debug("stream={} nothing claimed", keys.getFirst(), failure);
              claimant.onUntaken(failure);
            })
        .onComplete(
            done -> {
              claiming = false;
              if (rested != null) {
                rested.complete();
                rested = null;
              }
              if (done.succeeded() && (again || (owes && claimant.room() > 0))) {
                claim();
              } else if (owes && claimant.isTakenByReading()) {
                claimant.makeRoom();
              }
            });
  }

  /** Places that nobody has any more would keep the group from reading on. */
  private void sweepOrder() {
    if (membership.ordered()) {
      Script.SWEEP
          .run(
              control,
              List.of(keys.getFirst(), delayed(membership), order(membership)),
              command -> command.and(membership.group(), swept))
          .onSuccess(next -> swept = next.text());
    }
  }

  private Future<Taken> take(RedisConnection over, List<String> lost, String after, int most) {
    List<byte[]> letter = StreamEntry.encode(gone(), Dialect.PACKED);
    long asked = guard.now();
    return Script.TAKE
        .run(
            over,
            keys,
            command -> {
              command
                  .and(membership.group(), membership.member())
                  .and(membership.lease().toMillis())
                  .and(most)
                  .and(after)
                  .and(guard.latest())
                  .and(LONGEST_ORDER)
                  .and(letter.size())
                  .and(letter);
              lost.forEach(command::and);
              return command;
            })
        .onSuccess(answer -> believe(answer.items().getLast().number(), asked))
        .map(this::taken);
  }

  /** What the server's clock says is worth as much as that clock. */
  private void believe(long time, long asked) {
    long before = guard.expected();
    long unseen = guard.unseen();
    if (guard.told(time, asked) == LeaseGuard.Verdict.BACK) {
      restamp("-", before - time, unseen);
    }
  }

  /** Before it looks for the first time: its clock may have been set back before, or is then. */
  private void learnTime() {
    long asked = guard.now();
    control
        .send(Command.of("TIME"))
        .onSuccess(
            time -> {
              believe(Introduction.millis(time), asked);
              restamp("-", 0, 0);
            })
        .onFailure(failure -> again(this::learnTime));
  }

  /** Else what was handed over in what is now the future would not lapse before that. */
  private void restamp(String from, long back, long unseen) {
    Script.RESTAMP
        .run(
            control,
            List.of(keys.get(0), keys.get(1), keys.get(1) + "::CLOCK"),
            command -> command.and(membership.group(), from).and(back).and(unseen))
        .onSuccess(
            next -> {
              if (!next.text().isEmpty()) {
                restamp(next.text(), back, unseen);
              }
            })
        .onFailure(
            failure -> {
              log.debug("stream={} leases not begun anew, tried again", keys.get(0), failure);
              again(() -> restamp(from, back, unseen + AGAIN_PAUSE));
            });
  }

  private void again(Runnable action) {
    if (!closed) {
      vertx.setTimer(AGAIN_PAUSE, fired -> action.run());
    }
  }

  private Taken taken(Resp answer) {
    List<Resp> parts = answer.items();
    for (Resp gone : parts.get(1).items()) {
      log.warn("stream={} entry={} was deleted while pending", keys.getFirst(), gone.text());
    }
    String after = parts.get(2).text();
    cursor = after.isEmpty() ? cursor : after;
    long due = parts.get(3).number();
    if (dueTimer != null) {
      vertx.cancelTimer(dueTimer);
      dueTimer = null;
    }
    owes = due == 0;
    if (due > 0 && due < LONGEST_PAUSE && !closed) {
      dueTimer = vertx.setTimer(Math.max(1, due), fired -> claim());
    }
    List<Claimed> claimed = new ArrayList<>();
    for (Resp one : parts.get(0).items()) {
      claimed.add(
          new Claimed(
              RawEntry.of(one), (int) one.items().get(2).number(), one.items().get(3).text()));
    }
    return new Taken(claimed, parts.get(4).text());
  }

  /** What is left of an entry that somebody deleted; the script fills in which. */
  private Message gone() {
    Message lost =
        new Message("$id", "", "", Headers.NONE, "", Payload.of(Encoding.TEXT, new byte[0]));
    Problem cause =
        Problem.of(410, DeadLetter.PAYLOAD_LOST, "the entry was deleted before it was completed");
    Message letter = DeadLetter.of(lost, cause, 0, loop.wallClock().instant()).written();
    return letter.withHeaders(letter.headers().with(DeadLetter.ATTEMPTS, "$attempts"));
  }
}
