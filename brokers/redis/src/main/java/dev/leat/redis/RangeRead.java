package dev.leat.redis;

import dev.leat.broker.Broker;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads entries, oldest first, some at a time, until there are some megabytes of them: a server
 * gives by number whatever that weighs. Scripts could count bytes, and take six times as long. One
 * loop.
 */
final class RangeRead {
  /** Entries that are asked for together, before it is known how large they are, and then. */
  private static final int FEW = 8;

  private static final int MOST = 32;

  private final RedisConnection connection;
  private final String key;
  private final int limit;
  private final List<RawEntry> read = new ArrayList<>();
  private String from;
  private long bytes;
  private long largest = 1;

  RangeRead(RedisConnection connection, String key, String from, int limit) {
    this.connection = connection;
    this.key = key;
    this.from = from;
    this.limit = limit;
  }

  /** What was read; nothing where there is nothing more. */
  Future<List<RawEntry>> entries() {
    int many = Math.min(limit - read.size(), portion());
    return connection
        .send(Command.of("XRANGE", key, from, "+", "COUNT").and(many))
        .compose(
            some -> {
              List<RawEntry> entries = RawEntry.ofStream(some);
              entries.forEach(this::add);
              boolean isAll = entries.size() < many || read.size() >= limit;
              return isAll || bytes >= Broker.RANGE_BYTES
                  ? Future.succeededFuture(read)
                  : entries();
            });
  }

  private int portion() {
    return read.isEmpty() ? FEW : Math.clamp((Broker.RANGE_BYTES - bytes) / largest, 1, MOST);
  }

  private void add(RawEntry entry) {
    read.add(entry);
    from = "(" + entry.id();
    bytes += entry.size();
    largest = Math.max(largest, entry.size());
  }
}
