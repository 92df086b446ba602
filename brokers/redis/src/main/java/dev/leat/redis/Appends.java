package dev.leat.redis;

import dev.leat.broker.Append;
import dev.leat.wire.StreamEntry;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Appends messages, each once: where an answer was lost, the stream is asked for the message's id
 * before it is appended again. Confined to its connection's loop.
 */
final class Appends {
  private static final Logger log = LoggerFactory.getLogger(Appends.class);

  /** A server that is restarted is back within this; longer, whoever waits had better know. */
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  private final Vertx vertx;
  private final RedisConnection connection;

  /** Milliseconds in the time of the server, at which nothing that is under way had been done. */
  private long done;

  Appends(Vertx vertx, RedisConnection connection) {
    this.vertx = vertx;
    this.connection = connection;
  }

  /** Gives the ids of the entries, empty for a message to a reply stream that is gone. */
  Future<List<String>> append(List<Append> batch) {
    if (batch.size() == 1) {
      // Hot path: a request is one append.
      Future<Resp> answer = connection.send(Commands.append(batch.getFirst()));
      return answer.transform(
          done ->
              done.succeeded()
                  ? Future.succeededFuture(List.of(noted(entryId(done.result()))))
                  : mended(batch, List.of(answer)));
    }
    List<Future<Resp>> answers =
        batch.stream().map(append -> connection.send(Commands.append(append))).toList();
    return Future.join(answers)
        .map(all -> answers.stream().map(answer -> noted(entryId(answer.result()))).toList())
        .recover(failure -> mended(batch, answers));
  }

  private String noted(String id) {
    if (!id.isEmpty()) {
      done = Long.parseLong(id.substring(0, id.indexOf('-')));
    }
    return id;
  }

  private Future<List<String>> mended(List<Append> batch, List<Future<Resp>> answers) {
    String[] ids = new String[batch.size()];
    Map<String, List<Integer>> open = new LinkedHashMap<>();
    for (int i = 0; i < ids.length; i++) {
      Future<Resp> answer = answers.get(i);
      if (answer.succeeded()) {
        ids[i] = noted(entryId(answer.result()));
      } else if (isMendable(answer.cause())) {
        open.computeIfAbsent(batch.get(i).stream(), stream -> new ArrayList<>()).add(i);
      } else {
        return Future.failedFuture(answer.cause());
      }
    }
    // What is asked for on a new connection has an answer before this one's is looked for.
    long since = Math.max(done, connection.connectedAt());
    List<Future<?>> mending = new ArrayList<>();
    open.forEach(
        (stream, places) ->
            mending.add(
                mended(stream, places.stream().map(batch::get).toList(), since)
                    .onSuccess(
                        found -> {
                          for (int i = 0; i < places.size(); i++) {
                            ids[places.get(i)] = entryId(found.items().get(i));
                          }
                        })));
    return Future.all(mending).map(all -> Arrays.asList(ids));
  }

  /** A server that was not there did nothing: who asks is told so at once. */
  private static boolean isMendable(Throwable failure) {
    return failure instanceof RedisLost || (failure instanceof RedisFailure f && f.passes());
  }

  private Future<Resp> mended(String stream, List<Append> appends, long since) {
    log.info("stream={} messages={} looked for, their answers were lost", stream, appends.size());
    return Again.within(
        vertx,
        connection,
        PATIENCE,
        () ->
            Script.APPEND.run(
                connection,
                List.of(stream),
                command -> {
                  command.and(since + "-0");
                  for (Append append : appends) {
                    List<byte[]> strings = StreamEntry.encode(append.message(), append.dialect());
                    command
                        .and(append.message().id())
                        .and(Commands.isOnlyIfThere(stream) ? 1 : 0)
                        .and(strings.size())
                        .and(strings);
                  }
                  return command;
                }));
  }

  private static String entryId(Resp added) {
    return added instanceof Resp.Nil ? "" : added.text();
  }
}
