package dev.leat.redis;

import dev.leat.broker.Append;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.List;

/**
 * Appends replies and takes entries off their group. Confined to its connection's loop.
 *
 * <p>Hot path: what is completed within one turn of the loop is one transaction. Both or neither
 * happens for each: a reply that is refused, by a server out of memory say, aborts the transaction
 * while it is being queued, and then each completion is tried in one of its own.
 */
final class Completions {
  private record One(String id, List<Append> replies, Promise<Boolean> done) {}

  private final Context context;
  private final RedisConnection connection;
  private final String stream;
  private final String group;
  private List<One> waiting = new ArrayList<>();

  Completions(Context context, RedisConnection connection, String stream, String group) {
    this.context = context;
    this.connection = connection;
    this.stream = stream;
    this.group = group;
  }

  /** Answers whether the group still had the entry. */
  Future<Boolean> complete(String id, List<Append> replies) {
    if (waiting.isEmpty()) {
      context.runOnContext(turn -> flush());
    }
    One one = new One(id, replies, Promise.promise());
    waiting.add(one);
    return one.done().future();
  }

  private void flush() {
    List<One> batch = waiting;
    waiting = new ArrayList<>();
    send(batch);
  }

  private void send(List<One> batch) {
    connection.send(Command.of("MULTI"));
    for (One one : batch) {
      one.replies().forEach(reply -> connection.send(Commands.append(reply)));
      connection.send(Command.of("XACK", stream, group, one.id()));
    }
    connection
        .send(Command.of("EXEC"))
        .onSuccess(results -> onDone(batch, results.items()))
        .onFailure(failure -> onFailed(batch, failure));
  }

  private static void onDone(List<One> batch, List<Resp> results) {
    int index = 0;
    for (One one : batch) {
      index += one.replies().size();
      one.done().complete(results.get(index) instanceof Resp.Whole count && count.value() == 1);
      index++;
    }
  }

  private void onFailed(List<One> batch, Throwable failure) {
    boolean aborted = failure instanceof RedisFailure refused && refused.says("EXECABORT");
    if (aborted && batch.size() > 1) {
      batch.forEach(one -> send(List.of(one)));
    } else {
      batch.forEach(one -> one.done().fail(failure));
    }
  }
}
