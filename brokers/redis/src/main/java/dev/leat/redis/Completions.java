package dev.leat.redis;

import dev.leat.broker.Append;
import dev.leat.broker.Completion;
import dev.leat.broker.Note;
import dev.leat.wire.StreamEntry;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Appends replies and takes entries off their group, for what a member still holds. Confined to its
 * connection's loop.
 *
 * <p>Hot path: what is completed within one turn of the loop is one script. Each completion happens
 * whole or not at all.
 */
final class Completions {
  private static final Logger log = LoggerFactory.getLogger(Completions.class);

  /** A script's arguments are all on its stack at once, and meanwhile nobody else is served. */
  private static final int MOST = 500;

  /** One whose lease is fresh needs no look at who holds it. */
  private record One(
      String id, int attempt, boolean fresh, Completion completion, Promise<Boolean> done) {
    List<Append> appends() {
      return completion.appends();
    }
  }

  private record Extension(String id, int attempt, Promise<Boolean> done) {}

  private final Context context;
  private final RedisConnection connection;
  private final String stream;
  private final String group;
  private final String member;
  private List<One> completing = new ArrayList<>();
  private List<Extension> extending = new ArrayList<>();

  Completions(
      Context context, RedisConnection connection, String stream, String group, String member) {
    this.context = context;
    this.connection = connection;
    this.stream = stream;
    this.group = group;
    this.member = member;
  }

  /**
   * Answers whether the member still had the entry.
   *
   * @param fresh whether nobody else can have it, as long as this reaches the server in time.
   *     Should it not, another may be at work, but of the two only one is answered
   */
  Future<Boolean> complete(String id, int attempt, boolean fresh, Completion completion) {
    if (completing.isEmpty()) {
      context.runOnContext(turn -> flushCompletions());
    }
    One one = new One(id, attempt, fresh, completion, Promise.promise());
    completing.add(one);
    return one.done().future();
  }

  /** Answers whether the member still had the entry; if so its lease begins anew. */
  Future<Boolean> extend(String id, int attempt) {
    if (extending.isEmpty()) {
      context.runOnContext(turn -> flushExtensions());
    }
    Extension one = new Extension(id, attempt, Promise.promise());
    extending.add(one);
    return one.done().future();
  }

  private void flushCompletions() {
    List<One> batch = completing;
    completing = new ArrayList<>();
    portions(batch, this::send);
  }

  private void flushExtensions() {
    List<Extension> batch = extending;
    extending = new ArrayList<>();
    portions(batch, this::sendExtensions);
  }

  private static <T> void portions(List<T> batch, Consumer<List<T>> send) {
    for (int from = 0; from < batch.size(); from += MOST) {
      send.accept(batch.subList(from, Math.min(batch.size(), from + MOST)));
    }
  }

  private void send(List<One> batch) {
    List<String> keys = new ArrayList<>(1 + batch.size());
    keys.add(stream);
    for (One one : batch) {
      one.appends().forEach(append -> keys.add(append.stream()));
      one.completion().notes().forEach(note -> keys.add(note.key()));
    }
    Script.COMPLETE
        .run(
            connection,
            keys,
            command -> {
              command.and(group, member);
              batch.forEach(one -> write(one, command));
              return command;
            })
        .onSuccess(results -> onDone(batch, results.items()))
        .onFailure(failure -> batch.forEach(one -> one.done().fail(failure)));
  }

  private static void write(One one, Command command) {
    command
        .and(one.id(), one.fresh() ? "" : Integer.toString(one.attempt()))
        .and(one.appends().size());
    for (Append append : one.appends()) {
      List<byte[]> strings = StreamEntry.encode(append.message(), append.dialect());
      command.and(Commands.isOnlyIfThere(append.stream()) ? 1 : 0).and(strings.size()).and(strings);
    }
    command.and(one.completion().notes().size());
    for (Note note : one.completion().notes()) {
      List<byte[]> strings = Commands.strings(note);
      command.and(note.keep().toMillis()).and(strings.size()).and(strings);
    }
  }

  private static void onDone(List<One> batch, List<Resp> results) {
    for (int i = 0; i < batch.size(); i++) {
      One one = batch.get(i);
      if (!(results.get(i) instanceof Resp.Text text)) {
        one.done().complete(results.get(i).number() == 1);
      } else {
        log.warn("entry={} done, but its reply cannot be appended: {}", one.id(), text.text());
        one.done().complete(true);
      }
    }
  }

  private void sendExtensions(List<Extension> batch) {
    Script.EXTEND
        .run(
            connection,
            List.of(stream),
            command -> {
              command.and(group, member);
              batch.forEach(one -> command.and(one.id()).and(one.attempt()));
              return command;
            })
        .onSuccess(
            results -> {
              for (int i = 0; i < batch.size(); i++) {
                batch.get(i).done().complete(results.items().get(i).number() == 1);
              }
            })
        .onFailure(failure -> batch.forEach(one -> one.done().fail(failure)));
  }
}
