package dev.leat.redis;

import dev.leat.BadConfiguration;
import dev.leat.BadMessage;
import dev.leat.BrokerUnavailable;
import dev.leat.Headers;
import dev.leat.Message;
import dev.leat.Position;
import dev.leat.Problem;
import dev.leat.StreamRef;
import dev.leat.Topic;
import dev.leat.broker.Append;
import dev.leat.broker.Completion;
import dev.leat.broker.Delivery;
import dev.leat.broker.DeliveryListener;
import dev.leat.broker.EventLoop;
import dev.leat.broker.FaultLog;
import dev.leat.broker.Membership;
import dev.leat.wire.DeadLetter;
import dev.leat.wire.ProblemReply;
import dev.leat.wire.StreamEntry;
import dev.leat.wire.StreamKeys;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A member of a group: reads what is new, and claims what others have held for longer than a lease.
 */
class RedisMember extends Reading implements Claims.Claimant {
  private static final Logger log = LoggerFactory.getLogger(RedisMember.class);

  /** Milliseconds. */
  private static final long UNBLOCK_PAUSE = 50;

  private final RedisConnection control;
  private final Completions completions;
  private final EventLoop loop;
  private final Membership membership;
  private final String stream;
  private final DeliveryListener listener;
  private final Registration registration;
  private final Claims claims;
  private final Janitor janitor;
  private final FaultLog brokenEntries;

  // All below is confined to the loop.
  private final Map<String, RedisDelivery> held = new HashMap<>();
  private boolean joined;
  private boolean left;
  private boolean swept;

  /** Where the group stands as far as this member has seen; none before it has. */
  private @Nullable String position;

  RedisMember(
      IoLoop io,
      Server server,
      RedisConnection control,
      EventLoop loop,
      Membership membership,
      DeliveryListener listener) {
    super(io, server);
    this.control = control;
    this.loop = loop;
    this.membership = membership;
    this.stream = StreamKeys.of(membership.topic().incoming());
    this.listener = listener;
    this.brokenEntries = new FaultLog(log, loop.clock());
    this.completions =
        new Completions(io, control, membership, server.answers(), new FaultLog(log, loop.clock()));
    this.registration =
        new Registration(io.vertx(), control, connection(), membership, listener::types);
    this.claims = new Claims(io.vertx(), control, membership, loop, registration, this);
    Kept kept = server.kept();
    Health health = new Health(control, kept.requests().bytes());
    this.janitor = new Janitor(io.vertx(), health, kept, stream, this::onSweep);
  }

  Membership membership() {
    return membership;
  }

  String stream() {
    return stream;
  }

  /** For commands that do not block it. */
  RedisConnection control() {
    return control;
  }

  Claims claims() {
    return claims;
  }

  /** The group was here, or farther. */
  final void seen(String entryId) {
    if (position == null || Health.compare(entryId, position) > 0) {
      position = entryId;
    }
  }

  /** Other members read too: should the group vanish, it is to go on behind what they had. */
  private void onSweep(Health.Trimmed seen) {
    String handed = seen.handed().get(membership.group());
    if (handed != null) {
      seen(handed);
    }
  }

  Completions completions() {
    return completions;
  }

  EventLoop clockLoop() {
    return loop;
  }

  /** No longer this member's, however it ended. On the loop. */
  void forget(String id, RedisDelivery delivery) {
    held.remove(id, delivery);
    var unused = leaveOnceDone();
  }

  /** An entry is completed: where order is kept, the next of its key may be taken. On the loop. */
  void completed(Lease lease) {
    if (!lease.place().isEmpty()) {
      claims.claim();
    }
  }

  /** Something may be claimed after a delay by who handles its type. On the loop. */
  void callFor(String type, Duration delay) {
    io().vertx().setTimer(Math.max(1, delay.toMillis()), fired -> registration.call(type));
  }

  /** Something may be claimed after a delay: it was released. Any thread. */
  void claimAfter(Duration delay) {
    io().run(() -> claims.claimIn(delay.toMillis()));
  }

  /** Claims no more either; a read that waits is ended, until it has come to the server. */
  @Override
  Future<Void> stopped() {
    janitor.close();
    claims.stop();
    return super.stopped().compose(done -> unread()).eventually(() -> claims.rest());
  }

  private Future<Void> unread() {
    Future<Void> unread = idle();
    endRead(unread);
    return unread;
  }

  private void endRead(Future<Void> unread) {
    if (!unread.isComplete()) {
      unblock(control);
      io().vertx().setTimer(UNBLOCK_PAUSE, fired -> endRead(unread));
    }
  }

  /**
   * One that has gone and holds nothing need not be looked for among the dead. What stands under
   * its name all the same was on its way when it was closed, and goes to others.
   */
  @Override
  Future<?> left() {
    left = true;
    registration.stop();
    return leaveOnceDone();
  }

  private Future<?> leaveOnceDone() {
    return left && joined && held.isEmpty() ? registration.leave() : Future.succeededFuture();
  }

  private void startJanitor() {
    if (!swept && !closed()) {
      swept = true;
      janitor.start();
    }
  }

  @Override
  Future<?> prepared() {
    return beginning()
        .compose(this::joinGroup)
        .compose(there -> register())
        .compose(there -> claims.rest())
        .compose(rested -> takeBackOwn())
        .onSuccess(
            done -> {
              claims.start();
              claims.goOn();
              startJanitor();
            });
  }

  @Override
  void onReady() {
    listener.onConnected();
  }

  @Override
  void onLost() {
    listener.onLost();
  }

  /** A group that vanished is made again, and a server that is busy with itself is waited for. */
  @Override
  boolean isEndedBy(RedisFailure refused) {
    if (refused.passes() || refused.says("NOGROUP") || refused.isOutOfMemory()) {
      return false;
    }
    close();
    listener.onEnded(new BrokerUnavailable(String.valueOf(refused.getMessage()), refused));
    return true;
  }

  @Override
  Command next(int count) {
    return Command.of("XREADGROUP", "GROUP", membership.group(), membership.member(), "COUNT")
        .and(count)
        .and("BLOCK")
        .and(block())
        .and("STREAMS", stream, ">");
  }

  /** What comes back goes before what is new: it has waited for longer. */
  @Override
  void onRead(List<RawEntry> batch) {
    super.onRead(batch);
    if (batch.isEmpty()) {
      // Its time was over, or it was called: something was given back for it.
      claims.claim();
    } else {
      seen(batch.getLast().id());
      claimWhatIsOwed();
    }
  }

  @Override
  void onDemand() {
    claimWhatIsOwed();
    super.onDemand();
  }

  private void claimWhatIsOwed() {
    if (claims.owes()) {
      claims.claim();
    }
  }

  @Override
  int reserved() {
    return claims.taking();
  }

  @Override
  public void makeRoom() {
    unblock(control);
  }

  @Override
  void onEntries(List<RawEntry> batch) {
    if (closed()) {
      return;
    }
    List<Delivery> deliveries = new ArrayList<>(batch.size());
    batch.forEach(raw -> take(new Claims.Claimed(raw, 1, ""), askedAt(), deliveries));
    notHandedOver(batch.size() - deliveries.size());
    deliver(deliveries);
  }

  /**
   * Where the group begins, if it is not there. One that was there and has vanished goes on where
   * this member saw it last: from now on it would lose what came in between.
   */
  private Future<String> beginning() {
    if (joined) {
      return position == null ? Future.succeededFuture("0-0") : stillThere(position);
    }
    return switch (membership.start()) {
      case Position.Start begin -> Future.succeededFuture("0-0");
      case Position.Now now -> newest();
      case Position.After after -> Future.succeededFuture(after.entryId());
      case Position.At at -> Future.succeededFuture(RedisTail.before(at.time()));
    };
  }

  /** A stream that ends before a position is another one, of a server that came back empty. */
  private Future<String> stillThere(String id) {
    return newest().map(last -> Health.compare(last, id) < 0 ? "0-0" : id);
  }

  private Future<String> newest() {
    return Health.newest(connection(), stream);
  }

  private Future<?> joinGroup(String from) {
    return createGroup(from)
        .compose(
            created -> {
              if (created) {
                if (joined) {
                  log.warn(
                      "stream={} group={} had vanished, made again from={}",
                      stream,
                      membership.group(),
                      from);
                }
                position = from;
              }
              joined = true;
              return Health.note(connection(), stream, membership.group(), membership.answers());
            })
        .compose(noted -> Health.handed(connection(), stream, membership.group()))
        .onSuccess(handed -> handed.ifPresent(this::seen));
  }

  /** While it drains it keeps its name: what it is at work on is under it. */
  @Override
  void onConnectedWhileEnding() {
    if (joined && !closed()) {
      registration
          .take()
          .onFailure(
              failure ->
                  // The connection that it asks on may be gone just as well.
                  io().vertx().setTimer(UNBLOCK_PAUSE, fired -> onConnectedWhileEnding()));
    }
  }

  private Future<?> register() {
    return registration
        .take()
        .compose(
            own -> {
              if (closed()) {
                // Closed meanwhile, it has left before it had its name.
                return registration
                    .leave()
                    .transform(
                        done -> Future.failedFuture(new BrokerUnavailable("closed meanwhile")));
              }
              if (!own) {
                return Future.failedFuture(isNamedAsAnother());
              }
              registration.live(this::isNamedAsAnother);
              return Future.succeededFuture();
            });
  }

  private BadConfiguration isNamedAsAnother() {
    return ended(membership.isNamedAsAnother(), listener::onNameTaken);
  }

  /** Closes it, then tells its listener why. */
  private BadConfiguration ended(BadConfiguration why, Consumer<BadConfiguration> told) {
    close();
    told.accept(why);
    return why;
  }

  /** Makes the group unless it is there; answers whether it was made. */
  Future<Boolean> createGroup(String from) {
    return connection()
        .send(Command.of("XGROUP", "CREATE", stream, membership.group(), from, "MKSTREAM"))
        .map(true)
        .recover(
            failure ->
                failure instanceof RedisFailure refused && refused.says("BUSYGROUP")
                    ? Future.succeededFuture(false)
                    : Future.failedFuture(failure))
        .compose(this::leaveIfOrdered);
  }

  /** A group can keep order by key only if all of its members do. */
  private Future<Boolean> leaveIfOrdered(boolean created) {
    return connection()
        .send(Command.of("EXISTS", Claims.order(membership)))
        .compose(
            there -> {
              if (there.number() == 0) {
                return Future.succeededFuture(created);
              }
              return Future.failedFuture(ended(membership.breaksOrder(), listener::onEnded));
            });
  }

  /**
   * What was handed to a connection that died is pending under our own name, and nobody has it.
   * What there is no room for comes once its lease has lapsed.
   */
  private Future<?> takeBackOwn() {
    return connection()
        .send(
            Command.of("XPENDING", stream, membership.group(), "-", "+")
                .and(10_000)
                .and(membership.member()))
        .map(
            pending ->
                pending.items().stream()
                    .map(one -> one.items().getFirst().text())
                    .filter(id -> !held.containsKey(id))
                    .limit(Math.max(0, room()))
                    .toList())
        .compose(lost -> claims.takeBack(connection(), lost))
        .onSuccess(this::onTaken);
  }

  @Override
  public void onTaken(Claims.Taken taken) {
    List<Claims.Claimed> claimed = taken.claimed();
    handedOver(claimed.size());
    if (closed()) {
      return;
    }
    List<Delivery> deliveries = new ArrayList<>(claimed.size());
    // Asked for at some time before now: as if its lease were old, it is looked at once more.
    long longAgo = System.nanoTime() - membership.lease().toNanos();
    claimed.forEach(one -> take(one, longAgo, deliveries));
    notHandedOver(claimed.size() - deliveries.size());
    read();
    deliver(deliveries);
  }

  /** What was on its way then comes when its lease has lapsed. */
  @Override
  public void onUntaken(Throwable failure) {
    read();
  }

  private void deliver(List<Delivery> deliveries) {
    if (!deliveries.isEmpty()) {
      listener.onDeliveries(deliveries);
    }
  }

  /**
   * Takes an entry as a delivery.
   *
   * @param since when the server was asked for it, in nanoseconds: its lease began no earlier
   */
  private void take(Claims.Claimed claimed, long since, List<Delivery> deliveries) {
    Lease lease = new Lease(claimed, since, membership.lease().toNanos());
    try {
      Message message = StreamEntry.decode(claimed.entry().content());
      RedisDelivery delivery = new RedisDelivery(this, claimed, message, lease);
      held.put(claimed.entry().id(), delivery);
      deliveries.add(delivery);
    } catch (BadMessage broken) {
      giveUp(claimed, lease, broken);
    }
  }

  /**
   * An entry that breaks the protocol must not stop anybody: it is kept with its raw strings, and
   * whoever waits for its reply is told.
   */
  private void giveUp(Claims.Claimed claimed, Lease lease, BadMessage broken) {
    RawEntry raw = claimed.entry();
    int attempt = claimed.attempt();
    brokenEntries.warn(
        "stream={} entry={} breaks the protocol, and is a dead letter: {}",
        stream,
        raw.id(),
        String.valueOf(broken.getMessage()));
    Topic topic = membership.topic();
    Problem cause = Problem.of(400, DeadLetter.BROKEN_ENTRY, String.valueOf(broken.getMessage()));
    Message kept = new Message(raw.id(), "", "", Headers.NONE, "", StreamEntry.raw(raw.content()));
    List<Append> appends = new ArrayList<>(2);
    appends.add(
        new Append(
            topic.deadLetters(),
            DeadLetter.of(kept, cause, attempt, loop.wallClock().instant())
                .by(membership.group(), membership.member())
                .written()));
    StreamEntry.asker(raw.content())
        .filter(asker -> membership.answers() && StreamKeys.isReplies(asker.destination()))
        .ifPresent(
            asker ->
                appends.add(
                    new Append(
                        new StreamRef.At(asker.destination()),
                        ProblemReply.to(asker, cause, topic.toString()),
                        StreamEntry.dialect(raw.content()))));
    var unused = completions.complete(lease, Completion.of(appends), completed -> completed(lease));
  }
}
