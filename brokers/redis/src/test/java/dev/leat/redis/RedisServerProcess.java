package dev.leat.redis;

import dev.leat.testkit.Awaiting;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;

/** A real server on a free port of the loopback, ended with the test that started it. */
public final class RedisServerProcess implements AutoCloseable {
  /** The server that most tests run against; {@code LEAT_REDIS_SERVER} names another executable. */
  public static final String CURRENT = "redis-server-7.0.15-";

  /** The oldest that is supported. */
  public static final String OLD = "redis-server-6.2.6-v5-";

  private static final Map<String, RedisServerProcess> SHARED = new ConcurrentHashMap<>();

  private final int port;
  private final List<String> command;
  private Process process;

  private RedisServerProcess(Path executable, String... options) {
    port = freePort();
    command = new ArrayList<>();
    command.addAll(List.of(executable.toString(), "--bind", "127.0.0.1"));
    command.addAll(List.of("--port", Integer.toString(port), "--save", "", "--appendonly", "no"));
    command.addAll(List.of(options));
    process = launch();
  }

  /** Starts a server of a version that the build brings along. */
  public static RedisServerProcess start(String version) {
    return start(version, new String[0]);
  }

  /** The same, with options of the server's own. */
  public static RedisServerProcess start(String version, String... options) {
    String named = System.getenv("LEAT_REDIS_SERVER");
    return new RedisServerProcess(
        named != null && version.equals(CURRENT) ? Path.of(named) : unpacked(version), options);
  }

  /** A server of a version for whoever leaves it as it was; it ends with the process. */
  public static RedisServerProcess shared(String version) {
    return SHARED.computeIfAbsent(version, RedisServerProcess::start);
  }

  /** What a broker is opened by. */
  public String url() {
    return "redis://127.0.0.1:" + port;
  }

  /** The port it listens on. */
  public int port() {
    return port;
  }

  /** Stops it in its tracks: it answers nothing, and its connections stay. */
  public void freeze() {
    signal("STOP");
  }

  /** Lets it go on. */
  public void thaw() {
    signal("CONT");
  }

  private void signal(String name) {
    try {
      new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start().waitFor();
    } catch (IOException failure) {
      throw new IllegalStateException("no signal " + name, failure);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** Kills it without a word, and starts it anew on the same port; what it held is gone. */
  public void restart() {
    close();
    process = launch();
  }

  @Override
  public void close() {
    process.destroyForcibly();
    process.onExit().join();
  }

  private Process launch() {
    try {
      Process started =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      Runtime.getRuntime().addShutdownHook(new Thread(started::destroyForcibly));
      Awaiting.until("redis listens", this::answers);
      return started;
    } catch (IOException failure) {
      throw new IllegalStateException("no Redis server to test against", failure);
    }
  }

  private boolean answers() {
    try (Socket probe = new Socket(InetAddress.getLoopbackAddress(), port)) {
      return probe.isConnected();
    } catch (IOException notYet) {
      return false;
    }
  }

  private static int freePort() {
    try (ServerSocket probe = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return probe.getLocalPort();
    } catch (IOException none) {
      throw new IllegalStateException("no free port", none);
    }
  }

  private static Path unpacked(String version) {
    String arch = System.getProperty("os.arch").equals("aarch64") ? "arm64" : "amd64";
    boolean mac = System.getProperty("os.name").toLowerCase(Locale.ROOT).contains("mac");
    String name = version + (mac ? "darwin-" : "linux-") + arch;
    try (InputStream in =
        Objects.requireNonNull(
            RedisServerProcess.class.getClassLoader().getResourceAsStream(name), name)) {
      Path file = Files.createDirectories(Path.of("target", "redis")).resolve(name);
      if (!Files.exists(file)) {
        Path part = Files.createTempFile(file.getParent(), name, ".part");
        Files.copy(in, part, StandardCopyOption.REPLACE_EXISTING);
        if (!part.toFile().setExecutable(true)) {
          throw new IllegalStateException(part + " cannot be made executable");
        }
        Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
      }
      return file.toAbsolutePath();
    } catch (IOException failure) {
      throw new IllegalStateException(name, failure);
    }
  }
}
