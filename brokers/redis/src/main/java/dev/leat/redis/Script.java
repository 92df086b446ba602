package dev.leat.redis;

import io.vertx.core.Future;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * What the server does in one step, undivided. The scripts stand beside this class, each with what
 * it takes and gives.
 *
 * @param text in Lua
 * @param digest by which the server knows it, once it has seen it
 */
record Script(String text, String digest) {
  static final Script APPEND = named("messages", "append");
  static final Script FIND = named("messages", "find");
  static final Script COMPLETE = named("ids", "lines", "notes", "complete");
  static final Script EXTEND = named("extend");
  static final Script RELEASE = named("release");
  static final Script JOIN = named("ids", "lines", "join");
  static final Script SWEEP = named("ids", "lines", "sweep");
  static final Script TAKE = named("ids", "lines", "take");
  static final Script RESTAMP = named("restamp");
  static final Script REGISTER = named("register");
  static final Script HANDLED = named("ids", "handled");
  static final Script LEAVE = named("ids", "leave");
  static final Script HEALTH = named("ids", "lag", "health");
  static final Script CENSUS = named("ids", "lag", "census");
  static final Script OPEN = named("ids", "open");
  static final Script UNTAKEN = named("ids", "untaken");
  static final Script COUNT = named("count");
  static final Script TRIM = named("ids", "lag", "trim");
  static final Script MOVE = named("move");
  static final Script MOVE_UNTAKEN = named("ids", "moveuntaken");
  static final Script ANNOUNCE = named("announce");
  static final Script PARTICIPANTS = named("participants");
  static final Script NOTE = named("note");
  static final Script RENEW = named("renew");

  /**
   * Runs it; a server that does not know it yet, or not any more, is sent it.
   *
   * @param arguments adds what comes after the keys
   */
  Future<Resp> run(
      RedisConnection connection, List<String> keys, UnaryOperator<Command> arguments) {
    return connection
        .send(command("EVALSHA", digest, keys, arguments))
        .recover(
            failure ->
                failure instanceof RedisFailure refused && refused.says("NOSCRIPT")
                    ? connection.send(command("EVAL", text, keys, arguments))
                    : Future.failedFuture(failure));
  }

  /** Runs it over a connection that is about to be closed: nothing can be sent after that. */
  void runLast(RedisConnection connection, List<String> keys, UnaryOperator<Command> arguments) {
    connection.send(command("EVAL", text, keys, arguments));
  }

  private static Command command(
      String name, String script, List<String> keys, UnaryOperator<Command> arguments) {
    Command command = Command.of(name, script).and(keys.size());
    keys.forEach(command::and);
    return arguments.apply(command);
  }

  /** One of several files, each with what the next ones need. */
  private static Script named(String... names) {
    StringBuilder all = new StringBuilder();
    for (String name : names) {
      all.append(read(name)).append('\n');
    }
    try {
      byte[] text = all.toString().getBytes(StandardCharsets.UTF_8);
      byte[] digest = MessageDigest.getInstance("SHA-1").digest(text);
      return new Script(all.toString(), HexFormat.of().formatHex(digest));
    } catch (NoSuchAlgorithmException broken) {
      throw new IllegalStateException(broken);
    }
  }

  private static String read(String name) {
    try (InputStream file = Script.class.getResourceAsStream(name + ".lua")) {
      if (file == null) {
        throw new IllegalStateException("the script " + name + " is missing in this jar");
      }
      return new String(file.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException broken) {
      throw new UncheckedIOException("the script " + name, broken);
    }
  }
}
