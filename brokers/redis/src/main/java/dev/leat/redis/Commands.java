package dev.leat.redis;

import dev.leat.broker.Append;
import dev.leat.wire.PackedEntry;
import io.vertx.core.Future;
import java.util.List;

/** What is asked for in more than one place. Confined to its connection's loop. */
record Commands(RedisConnection connection) {
  static Command append(Append append) {
    return Command.of("XADD", append.stream(), "*").and(PackedEntry.encode(append.message()));
  }

  /**
   * Appends replies and takes an entry off its group, both or neither: a reply that is refused, by
   * a server out of memory say, aborts the transaction while it is being queued.
   *
   * @return whether the group still had it
   */
  Future<Boolean> complete(String stream, String group, String id, List<Append> replies) {
    Command acknowledge = Command.of("XACK", stream, group, id);
    if (replies.isEmpty()) {
      return connection.send(acknowledge).map(count -> count.number() == 1);
    }
    connection.send(Command.of("MULTI"));
    replies.forEach(reply -> connection.send(append(reply)));
    connection.send(acknowledge);
    return connection
        .send(Command.of("EXEC"))
        .map(results -> results.items().getLast().number() == 1);
  }
}
