package dev.leat.redis;

import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is said first on each session of a connection, all of it in one write: who this is, which
 * database is meant, and that the sessions before it are to end. Confined to its loop.
 *
 * <p>A session that was given up may live on at the server: bytes that a network holds back for
 * seconds arrive later, and a read that still blocks would be handed what nobody hears of. So it is
 * ended there, by its id and address, before anything is made again on the next.
 */
final class Introduction {
  private static final Logger log = LoggerFactory.getLogger(Introduction.class);

  /** A session as the server knows it. The id alone would be another's once it is restarted. */
  private record Known(String id, String address) {
    Command kill() {
      return Command.of("CLIENT", "KILL", "ID", id, "ADDR", address);
    }
  }

  private final Server server;
  private @Nullable ServerClock clock;

  /** Those of which it is not known that the server has ended them; nearly always one. */
  private final List<Known> before = new ArrayList<>();

  private Optional<Known> self = Optional.empty();
  private boolean mayNotEnd;
  private long at;

  Introduction(Server server) {
    this.server = server;
  }

  /** Tells a clock the server's time whenever that is asked for. */
  void tell(ServerClock hearing) {
    clock = hearing;
  }

  /** What the server calls the session, where a wait on it may be ended; else empty. */
  Optional<String> id() {
    return self.map(Known::id);
  }

  /** The same and from where it comes; empty where the server does not say. */
  Optional<String> address() {
    return self.map(known -> known.id() + " " + known.address());
  }

  /** The server's time when it was asked last, in milliseconds: before all that was sent since. */
  long at() {
    return at;
  }

  /** Asks for the server's time on a session on which nothing else was asked. */
  Future<Long> askTime(RedisSession session) {
    ServerClock heard = clock;
    long asked = heard == null ? 0 : heard.now();
    return session
        .send(Command.of("TIME"))
        .map(Introduction::millis)
        .onSuccess(
            now -> {
              at = now;
              if (heard != null) {
                heard.told(now, asked);
              }
            });
  }

  /** What {@code TIME} says, in milliseconds. */
  static long millis(Resp time) {
    return Long.parseLong(time.items().get(0).text()) * 1_000
        + Long.parseLong(time.items().get(1).text()) / 1_000;
  }

  /** Introduces a session; until that is done, nothing else may be sent on it. */
  Future<Void> on(RedisSession session) {
    List<Future<?>> required = new ArrayList<>();
    server
        .password()
        .ifPresent(
            password -> {
              Command auth = Command.of("AUTH");
              server.user().ifPresent(auth::and);
              required.add(session.send(auth.and(password)));
            });
    if (server.database() != 0) {
      required.add(session.send(Command.of("SELECT").and(server.database())));
    }
    Future<Resp> info = session.send(Command.of("CLIENT", "INFO"));
    Future<Resp> unblock = session.send(Command.of("CLIENT", "UNBLOCK", "0"));
    List<Known> ending = List.copyOf(before);
    List<Future<Resp>> ended = ending.stream().map(one -> session.send(one.kill())).toList();
    required.add(askTime(session));
    return Future.all(required)
        .compose(done -> Future.all(ended.stream().map(this::tolerated).toList()))
        .compose(done -> tolerated(info))
        .map(
            known -> {
              self = unblock.succeeded() ? known : Optional.empty();
              before.removeAll(ending);
              known.ifPresent(before::add);
              return null;
            });
  }

  /** A user may be forbidden to ask this; then a session that was given up may still be at work. */
  private Future<Optional<Known>> tolerated(Future<Resp> answer) {
    return answer
        .map(Introduction::known)
        .recover(
            failure -> {
              if (!(failure instanceof RedisFailure refused)) {
                return Future.failedFuture(failure);
              }
              if (!mayNotEnd) {
                mayNotEnd = true;
                log.warn(
                    "the user may not end connections (CLIENT INFO, CLIENT KILL); what was sent on"
                        + " one that was lost may be done twice: {}",
                    refused.getMessage());
              }
              return Future.succeededFuture(Optional.empty());
            });
  }

  private static Optional<Known> known(Resp answer) {
    if (!(answer instanceof Resp.Text info)) {
      return Optional.empty();
    }
    String id = field(info.text(), "id");
    String address = field(info.text(), "addr");
    return id == null || address == null ? Optional.empty() : Optional.of(new Known(id, address));
  }

  /** A value of a line such as {@code id=3 addr=127.0.0.1:52555}. */
  private static @Nullable String field(String line, String name) {
    for (String part : line.strip().split(" ", -1)) {
      if (part.startsWith(name + "=")) {
        return part.substring(name.length() + 1);
      }
    }
    return null;
  }
}
