package dev.leat.redis;

import static dev.leat.testkit.Awaiting.result;

import dev.leat.broker.BrokerUrl;
import io.vertx.core.Context;
import io.vertx.core.Vertx;

/** Somebody else who speaks to the server. */
final class RedisClient implements AutoCloseable {
  private final Vertx vertx = Vertx.vertx();
  private final Io io;
  private final RedisConnection connection;

  RedisClient(int port) {
    Context context = vertx.getOrCreateContext();
    io = new Io(vertx, context);
    connection = io.connection(Server.of(BrokerUrl.parse("redis://127.0.0.1:" + port)));
    result(io.ask(connection::connect));
  }

  Resp send(String... words) {
    return send(Command.of(words));
  }

  Resp send(Command command) {
    return result(io.ask(() -> connection.send(command)));
  }

  @Override
  public void close() {
    result(vertx.close().toCompletionStage());
  }
}
