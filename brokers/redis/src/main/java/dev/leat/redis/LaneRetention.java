package dev.leat.redis;

import dev.leat.Retention;
import dev.leat.StreamRef;
import dev.leat.wire.StreamKeys;
import io.vertx.core.Future;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How long a lane keeps the replies that it has read: as long as any of the topics that it sends to
 * keeps its requests, since they stand in one stream. Confined to its connection.
 */
final class LaneRetention {
  /** Topics that are asked after; few programs send to more. */
  private static final int MOST = 1_000;

  private final RedisConnection connection;
  private final Retention usual;
  private final Set<StreamRef> sentTo = new HashSet<>();
  private @Nullable StreamRef latest;
  private Retention most;

  /**
   * Of a lane that has sent nothing yet.
   *
   * @param usual of topics that say nothing
   */
  LaneRetention(RedisConnection connection, Retention usual) {
    this.connection = connection;
    this.usual = usual;
    this.most = usual;
  }

  /** Hot path: most is sent where the last was. */
  void isSentTo(StreamRef stream) {
    if (stream.equals(latest)) {
      return;
    }
    latest = stream;
    if (stream instanceof StreamRef.Incoming && sentTo.size() < MOST && sentTo.add(stream)) {
      refresh();
    }
  }

  /** As it was known lately. */
  Retention most() {
    return most;
  }

  /** Asks again, meanwhile it is as before. */
  void refresh() {
    List<Future<Optional<Retention>>> said =
        sentTo.stream()
            .map(
                one ->
                    TopicRetention.of(connection, StreamKeys.of(one)).otherwise(Optional.empty()))
            .toList();
    Future.all(said)
        .onSuccess(
            done ->
                most =
                    said.stream()
                        .flatMap(one -> one.result().stream())
                        .reduce(usual, Retention::larger));
  }
}
