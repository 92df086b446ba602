package dev.leat.redis;

import dev.leat.Participant;
import dev.leat.broker.Announcement;
import dev.leat.wire.ParticipantJson;
import io.vertx.core.Future;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says for all of this process that take part that they do, every few seconds: what is not said any
 * more is forgotten. Any thread; what it sends is sent on its loop.
 */
final class Announcements {
  private static final Logger log = LoggerFactory.getLogger(Announcements.class);

  /** What each says of itself, by an id of its own. */
  static final String PARTICIPANTS = "leat::PARTICIPANTS";

  /** Until when it is believed, by the same id. */
  static final String UNTIL = PARTICIPANTS + "::UNTIL";

  private static final List<String> KEYS = List.of(PARTICIPANTS, UNTIL);

  /** Milliseconds after which it is said again; twice it may be missed. */
  private static final long PAUSE = 5_000;

  private final IoLoop io;
  private final RedisConnection control;
  private final Map<String, Supplier<Participant>> all = new ConcurrentHashMap<>();

  /** Confined to the loop. */
  private @Nullable Long timer;

  /** Whether it was said that this cannot be said. */
  private boolean warned;

  Announcements(IoLoop io, RedisConnection control) {
    this.io = io;
    this.control = control;
  }

  Announcement add(Supplier<Participant> participant) {
    String id = UUID.randomUUID().toString();
    all.put(id, participant);
    io.run(() -> begin(id));
    return () -> {
      if (all.remove(id) != null) {
        io.run(() -> withdraw(List.of(id)));
      }
    };
  }

  private void begin(String id) {
    Supplier<Participant> participant = all.get(id);
    if (participant != null) {
      say(Map.of(id, participant));
    }
    if (timer == null) {
      timer = io.vertx().setPeriodic(PAUSE, fired -> say(all));
    }
  }

  private void say(Map<String, Supplier<Participant>> some) {
    if (some.isEmpty()) {
      return;
    }
    var unused =
        Script.ANNOUNCE
            .run(
                control,
                KEYS,
                command -> {
                  command.and(3 * PAUSE);
                  some.forEach((id, one) -> command.and(id, ParticipantJson.write(one.get())));
                  return command;
                })
            .onFailure(this::notSaid);
  }

  private void notSaid(Throwable failure) {
    if (failure instanceof RedisFailure && !warned) {
      warned = true;
      log.warn(
          "others do not see who takes part here, the user may not write {}: {}",
          PARTICIPANTS,
          failure.getMessage());
    } else {
      log.debug("who takes part is not said", failure);
    }
  }

  /** Who takes part now. */
  Future<List<Participant>> participants() {
    return Script.PARTICIPANTS
        .run(control, KEYS, command -> command)
        .map(
            said ->
                said.items().stream()
                    .flatMap(one -> ParticipantJson.read(one.text()).stream())
                    .toList());
  }

  /** Says that none of them takes part any more. */
  Future<?> close() {
    if (timer != null) {
      io.vertx().cancelTimer(timer);
    }
    List<String> left = List.copyOf(all.keySet());
    all.clear();
    return withdraw(left);
  }

  private Future<?> withdraw(Collection<String> ids) {
    if (ids.isEmpty()) {
      return Future.succeededFuture();
    }
    Command forget = Command.of("HDEL", PARTICIPANTS);
    Command gone = Command.of("ZREM", UNTIL);
    ids.forEach(forget::and);
    ids.forEach(gone::and);
    return Future.all(control.send(forget), control.send(gone))
        .onFailure(failure -> log.debug("who leaves is not said", failure));
  }
}
