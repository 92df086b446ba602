package dev.leat.redis;

import static dev.leat.testkit.Awaiting.result;

import dev.leat.broker.BrokerUrl;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.List;
import java.util.function.Function;

/** Somebody else who speaks to the server. */
public final class RedisClient implements AutoCloseable {
  private final Vertx vertx = Vertx.vertx();
  private final IoLoop io;
  private final RedisConnection connection;

  /** Connects to a server of this machine. */
  public RedisClient(int port) {
    this("redis://127.0.0.1:" + port);
  }

  /** Connects to the server of a URL, and again when that is lost. */
  public RedisClient(String url) {
    Context context = vertx.getOrCreateContext();
    io = new IoLoop(vertx, context);
    connection = io.connection(Server.of(BrokerUrl.parse(url)));
    result(io.ask(connection::connect));
  }

  /** How many connections the server has, this one included. */
  public long clients() {
    return send("CLIENT", "LIST").text().lines().count();
  }

  /** What the server says of the groups of a stream, their members and what is with them. */
  public String describe(String stream) {
    StringBuilder text = new StringBuilder();
    for (Resp group : send("XINFO", "GROUPS", stream).items()) {
      String name = group.items().get(1).text();
      text.append(written(group)).append("\n  members ");
      text.append(written(send("XINFO", "CONSUMERS", stream, name))).append("\n  pending ");
      text.append(written(send("XPENDING", stream, name, "-", "+", "20"))).append('\n');
    }
    return text.toString();
  }

  private static String written(Resp value) {
    return switch (value) {
      case Resp.Whole number -> Long.toString(number.value());
      case Resp.Text text -> text.text();
      case Resp.Nil nil -> "nothing";
      default -> value.items().stream().map(RedisClient::written).toList().toString();
    };
  }

  /** How many members a sorted set has. */
  public long size(String key) {
    return send("ZCARD", key).number();
  }

  /** Lets in who says this from now on. */
  public void setPassword(String password) {
    send("CONFIG", "SET", "requirepass", password);
  }

  /** Appends an entry of these strings. */
  public void append(String stream, String... strings) {
    send(Command.of("XADD", stream, "*").and(strings));
  }

  /** The strings of all entries of a stream, oldest first. */
  public List<List<String>> entries(String stream) {
    return RawEntry.ofStream(send("XRANGE", stream, "-", "+")).stream()
        .map(entry -> new Resp.Strings(entry.content()).items().stream().map(Resp::text).toList())
        .toList();
  }

  /** Makes a group that begins with a stream's first entry. */
  public void startGroup(String stream, String group) {
    send("XGROUP", "CREATE", stream, group, "0", "MKSTREAM");
  }

  /** Ends a group, with all that is known of it. */
  public void stopGroup(String stream, String group) {
    send("XGROUP", "DESTROY", stream, group);
  }

  /** Takes one entry as a member of a group, and does nothing with it. */
  public void takeOne(String stream, String group, String member) {
    send("XREADGROUP", "GROUP", group, member, "COUNT", "1", "STREAMS", stream, ">");
  }

  /** Keys that match a pattern of the server's. */
  public List<String> keys(String pattern) {
    return send("KEYS", pattern).items().stream().map(Resp::text).toList();
  }

  /** What users were refused: who, and which command, key or name it was. */
  public List<String> refusals() {
    return send("ACL", "LOG", "128").items().stream().map(RedisClient::written).toList();
  }

  /** Completes all of a stream that a group was not handed, as one that takes and acknowledges. */
  public void completeAll(String stream, String group) {
    send("XREADGROUP", "GROUP", group, "other", "NOACK", "COUNT", "5000", "STREAMS", stream, ">");
  }

  Vertx vertx() {
    return vertx;
  }

  /** Does something with the connection on its loop. */
  <T> T onLoop(Function<RedisConnection, Future<T>> action) {
    return result(io.ask(() -> action.apply(connection)));
  }

  /** What the server answers to a command, as text. */
  public String answer(String... words) {
    return written(send(words));
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
