package dev.leat.system;

import dev.leat.redis.FaultProxy;
import dev.leat.redis.RedisServerProcess;
import java.nio.file.Path;

/** A Redis with a log, a password and a database of its own, and a way to it that can be cut. */
final class RedisStage implements AutoCloseable {
  static final String PASSWORD = "s3cret";
  static final int DATABASE = 3;

  private final RedisServerProcess server;
  private final FaultProxy way;

  RedisStage(Path folder) {
    this.server = RedisServerProcess.withLog(folder, "--requirepass", PASSWORD);
    this.way = new FaultProxy(server.port());
  }

  RedisServerProcess server() {
    return server;
  }

  /** The way that a fleet takes to the server. */
  FaultProxy way() {
    return way;
  }

  /** The server by that way. */
  String urlOfWay() {
    return url(way.url());
  }

  /** The server itself, by the way that nobody harms. */
  String url() {
    return url(server.url());
  }

  private static String url(String address) {
    return address.replace("//", "//:" + PASSWORD + "@") + "/" + DATABASE;
  }

  @Override
  public void close() {
    way.close();
    server.close();
  }
}
