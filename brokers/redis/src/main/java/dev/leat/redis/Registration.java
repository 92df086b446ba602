package dev.leat.redis;

import dev.leat.broker.Membership;
import dev.leat.wire.StreamKeys;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A member's name in its group, which no two that are alive may have: what is pending under it
 * belongs to whoever has it. Beside the name stands the connection of its holder, so that a name is
 * free as soon as the server sees that its holder has gone. Confined to its loop.
 */
final class Registration {
  private static final Logger log = LoggerFactory.getLogger(Registration.class);

  /** Milliseconds between two signs of life. */
  private static final long HEARTBEAT = 5_000;

  /** Milliseconds after which a member that gives such signs counts as dead: two were missed. */
  static final long SILENT = 3 * HEARTBEAT;

  /**
   * Milliseconds after which any other does, and after which one that holds nothing is removed.
   * What it holds does not depend on this, so it need not be longer than a pause.
   */
  static final long UNSEEN = 60_000;

  /** Who has a name: an id of its own, and id and address of its connection. */
  private static final int HOLDER_PARTS = 3;

  /** How often, and how many milliseconds apart, a member is called that does not wait. */
  private static final int CALLS = 5;

  private static final long CALL_PAUSE = 20;

  private final Vertx vertx;
  private final RedisConnection control;
  private final RedisConnection reading;
  private final Membership membership;
  private final Supplier<Set<String>> handled;
  private final String stream;
  private final String self = UUID.randomUUID().toString();
  private @Nullable Long beating;
  private boolean stopped;
  private String held = "";

  /**
   * Not registered yet.
   *
   * @param reading the connection that is there as long as the member is
   * @param handled the types that it handles
   */
  Registration(
      Vertx vertx,
      RedisConnection control,
      RedisConnection reading,
      Membership membership,
      Supplier<Set<String>> handled) {
    this.vertx = vertx;
    this.control = control;
    this.reading = reading;
    this.membership = membership;
    this.handled = handled;
    this.stream = StreamKeys.of(membership.topic().incoming());
  }

  /** Where it stands who has which name. */
  static String key(String stream) {
    return stream + "::MEMBERS";
  }

  /** Where it stands which types they handle. */
  static String types(String stream) {
    return stream + "::TYPES";
  }

  /** Whether a member that is there says that it handles a type. */
  static Future<Boolean> isHandled(
      RedisConnection connection, String stream, String group, String type) {
    return handler(connection, stream, group, type).map(found -> !found.isEmpty());
  }

  private static Future<String> handler(
      RedisConnection connection, String stream, String group, String type) {
    return Script.HANDLED
        .run(
            connection,
            List.of(stream, key(stream), types(stream)),
            command -> command.and(group, written(Set.of(type))).and(SILENT))
        .map(Resp::text);
  }

  /**
   * Has a member that handles a type look for what was given back for it, rather than wait for what
   * is new until its time is over.
   */
  void call(String type) {
    call(type, CALLS);
  }

  private void call(String type, int calls) {
    handler(control, stream, membership.group(), type)
        .map(holder -> holder.split(" ", -1))
        .compose(
            holder ->
                holder.length == HOLDER_PARTS
                    ? control.send(Command.of("CLIENT", "UNBLOCK", holder[1])).map(Resp::number)
                    : Future.succeededFuture(1L))
        .onSuccess(
            woken -> {
              // It may be about to wait.
              if (woken == 0 && calls > 1) {
                vertx.setTimer(CALL_PAUSE, fired -> call(type, calls - 1));
              }
            })
        .onFailure(failure -> log.debug("stream={} nobody was called", stream, failure));
  }

  /** Each between two line ends, by which it is found. */
  private static String written(Set<String> types) {
    return types.isEmpty() ? "" : "\n" + String.join("\n", types) + "\n";
  }

  /** Takes the name; answers whether nobody else has it. */
  Future<Boolean> take() {
    return control
        .send(Command.of("HGET", key(stream), membership.group() + "\0" + membership.member()))
        .map(holder -> holder instanceof Resp.Text there ? there.text() : "")
        .compose(
            holder ->
                isAlive(holder)
                    .compose(alive -> alive ? Future.succeededFuture(false) : takeFrom(holder)));
  }

  /**
   * It is seen that it lives, from now on.
   *
   * @param onLost told once another has the name, as after its connection was cut for a while
   */
  void live(Runnable onLost) {
    if (beating == null && !stopped) {
      beating =
          vertx.setPeriodic(
              HEARTBEAT,
              fired ->
                  register(held)
                      .onSuccess(
                          own -> {
                            if (!own) {
                              onLost.run();
                            }
                          }));
    }
  }

  /** No longer. */
  void stop() {
    stopped = true;
    if (beating != null) {
      vertx.cancelTimer(beating);
    }
  }

  /** Says that the member leaves: what it holds goes to others, and it is removed. */
  Future<?> leave() {
    return held.isEmpty() ? Future.succeededFuture() : remove(membership.member());
  }

  /** Removes members that hold nothing and were not seen for a while. */
  void removeUnseen() {
    var unused = remove("");
  }

  private Future<?> remove(String member) {
    return Script.LEAVE
        .run(
            control,
            List.of(stream, Claims.delayed(membership), key(stream), types(stream)),
            command -> command.and(membership.group(), member, held).and(UNSEEN))
        .onSuccess(
            removed ->
                removed
                    .items()
                    .forEach(
                        gone ->
                            log.info(
                                "stream={} group={} member={} removed, it held nothing",
                                stream,
                                membership.group(),
                                gone.text())));
  }

  private Future<Boolean> takeFrom(String holder) {
    held = self + " " + reading.address().orElse("");
    return register(holder).compose(taken -> taken ? Future.succeededFuture(true) : takeOnceMore());
  }

  /** Somebody else was quicker, or has just gone. */
  private Future<Boolean> takeOnceMore() {
    held = "";
    return take();
  }

  private Future<Boolean> register(String seen) {
    return Script.REGISTER
        .run(
            control,
            List.of(stream, key(stream), types(stream)),
            command ->
                command.and(
                    membership.group(), membership.member(), seen, held, written(handled.get())))
        .map(own -> own.number() == 1);
  }

  /** By its connection; where that is not known, or may not be asked for, by its signs of life. */
  private Future<Boolean> isAlive(String holder) {
    String[] parts = holder.split(" ", -1);
    if (holder.isEmpty() || parts[0].equals(self)) {
      return Future.succeededFuture(false);
    }
    if (parts.length != HOLDER_PARTS) {
      return isHeardOf();
    }
    return control
        .send(Command.of("CLIENT", "LIST", "ID", parts[1]))
        .map(there -> there.text().contains(" addr=" + parts[2] + " "))
        .recover(
            failure ->
                failure instanceof RedisFailure ? isHeardOf() : Future.failedFuture(failure));
  }

  private Future<Boolean> isHeardOf() {
    return control
        .send(Command.of("XINFO", "CONSUMERS", stream, membership.group()))
        .map(
            members ->
                members.items().stream()
                    .map(Fields::of)
                    .filter(member -> member.text("name").equals(membership.member()))
                    .anyMatch(member -> member.number("idle").orElse(0) <= SILENT));
  }
}
