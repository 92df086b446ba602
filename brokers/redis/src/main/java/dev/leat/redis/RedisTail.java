package dev.leat.redis;

import dev.leat.BadMessage;
import dev.leat.Message;
import dev.leat.Position;
import dev.leat.broker.BrokenEntry;
import dev.leat.broker.Entry;
import dev.leat.broker.EntryListener;
import dev.leat.wire.EntryStrings;
import dev.leat.wire.StreamEntry;
import io.vertx.core.Future;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads a stream along, without a group. */
final class RedisTail extends Reading {
  private static final Logger log = LoggerFactory.getLogger(RedisTail.class);

  private final String stream;
  private final Position from;
  private final EntryListener listener;

  /** Id of the last entry that was read; confined to the loop. */
  private @Nullable String last;

  /** Bytes of entries that were read; confined to the loop. */
  private long bytes;

  RedisTail(IoLoop io, Server server, String stream, Position from, EntryListener listener) {
    super(io, server);
    this.stream = stream;
    this.from = from;
    this.listener = listener;
    connection().onEntries(this::onSome);
  }

  /** Id of the last entry that was read; none before the first. */
  @Nullable String last() {
    return last;
  }

  /** Bytes of all entries that were read so far. */
  long bytes() {
    return bytes;
  }

  @Override
  Future<?> prepared() {
    if (last != null) {
      return Future.succeededFuture();
    }
    return switch (from) {
      case Position.Start start -> begin("0");
      case Position.After after -> begin(after.entryId());
      case Position.At at -> begin(before(at.time()));
      case Position.Now now -> Health.newest(connection(), stream).onSuccess(id -> last = id);
    };
  }

  @Override
  Command next(int count) {
    return Command.of("XREAD", "COUNT")
        .and(count)
        .and("BLOCK")
        .and(BLOCK)
        .and("STREAMS", stream, last == null ? "0" : last);
  }

  @Override
  Future<Resp> sent(RedisConnection over, Command command) {
    return over.read(command);
  }

  /** While the rest of what was asked for is on its way. */
  private void onSome(List<RawEntry> batch) {
    bytes += measure(batch);
    handedOver(batch.size());
    last = batch.getLast().id();
    onEntries(batch);
  }

  @Override
  void onEntries(List<RawEntry> batch) {
    List<Entry> entries = decoded(stream, batch, this::broken);
    notHandedOver(batch.size() - entries.size());
    if (!entries.isEmpty() && !ending()) {
      listener.onEntries(entries);
    }
  }

  private void broken(BrokenEntry entry) {
    if (!ending()) {
      listener.onBroken(entry);
    }
  }

  /** Whoever reads along sees what can be read; what cannot is for the group to give up. */
  static List<Entry> decoded(String stream, List<RawEntry> batch, Consumer<BrokenEntry> onBroken) {
    List<Entry> entries = new ArrayList<>(batch.size());
    for (RawEntry raw : batch) {
      try {
        Message message = StreamEntry.decode(stream, raw.content());
        entries.add(new Entry(raw.id(), message, raw.millis()));
      } catch (BadMessage broken) {
        log.debug("stream={} entry={} skipped", stream, raw.id(), broken);
        EntryStrings strings = raw.content();
        onBroken.accept(
            new BrokenEntry(
                raw.id(),
                StreamEntry.id(strings).orElse(""),
                StreamEntry.source(strings).orElse(""),
                String.valueOf(broken.getMessage())));
      }
    }
    return entries;
  }

  /** The last id that there can be before a time. */
  static String before(Instant time) {
    return (time.toEpochMilli() - 1) + "-" + Long.toUnsignedString(-1);
  }

  private Future<?> begin(String id) {
    last = id;
    return Future.succeededFuture();
  }
}
