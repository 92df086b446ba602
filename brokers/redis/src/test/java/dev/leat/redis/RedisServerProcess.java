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
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A real server on a free port of the loopback, ended with the test that started it. */
public final class RedisServerProcess implements AutoCloseable {
  /** The server that most tests run against; {@code LEAT_REDIS_SERVER} names another executable. */
  public static final String CURRENT = "redis-server-7.0.15-";

  /** The oldest that is supported. */
  public static final String OLD = "redis-server-6.2.6-v5-";

  private static final Map<String, RedisServerProcess> SHARED = new ConcurrentHashMap<>();

  private final int port;
  private final List<String> command;
  private final @Nullable Path clock;
  private Process process;

  private RedisServerProcess(@Nullable Path clock, Path executable, String... options) {
    this.clock = clock;
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
    return new RedisServerProcess(null, executable(version), options);
  }

  /** One of the current version that keeps a log of all in a folder, with more options. */
  public static RedisServerProcess withLog(Path folder, String... more) {
    List<String> options =
        new ArrayList<>(
            List.of("--appendonly", "yes", "--appendfsync", "always", "--dir", folder.toString()));
    options.addAll(List.of(more));
    return start(CURRENT, options.toArray(String[]::new));
  }

  /**
   * A server whose clock can be set: it runs under libfaketime, a package of most systems. It is
   * the older of the two, since the other is linked statically and asks the kernel by itself.
   */
  public static RedisServerProcess startWithClock() {
    try {
      Path clock = Files.writeString(Files.createTempFile("clock", ""), "+0s");
      return new RedisServerProcess(clock, executable(OLD));
    } catch (IOException failure) {
      throw new IllegalStateException("no file for the time", failure);
    }
  }

  /** Sets the clock of {@link #startWithClock} to so much ahead of this machine's. */
  public void setClock(Duration ahead) {
    try {
      Path file = Objects.requireNonNull(clock, "a server with a clock of its own");
      Path next = Files.writeString(Path.of(file + ".next"), "%+ds".formatted(ahead.toSeconds()));
      Files.move(next, file, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException failure) {
      throw new IllegalStateException("the clock could not be set", failure);
    }
    try (RedisClient client = new RedisClient(port)) {
      Awaiting.until(
          "the clock is set",
          () -> {
            long now = Long.parseLong(client.send("TIME").items().getFirst().text());
            return Math.abs(now - ahead.toSeconds() - InstantSource.system().millis() / 1_000) <= 1;
          });
    }
  }

  private static Path executable(String version) {
    String named = System.getenv("LEAT_REDIS_SERVER");
    return named != null && version.equals(CURRENT) ? Path.of(named) : unpacked(version);
  }

  private static Path libfaketime() {
    String name = "faketime/libfaketime.so.1";
    return Stream.of("lib/x86_64-linux-gnu", "lib/aarch64-linux-gnu", "lib64", "lib")
        .map(folder -> Path.of("/usr", folder, name))
        .filter(Files::exists)
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalStateException(
                    "this test sets a server's clock: install faketime (apt-get install faketime)"));
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
      ProcessBuilder builder = new ProcessBuilder(command);
      if (clock != null) {
        builder
            .environment()
            .putAll(
                Map.of(
                    "LD_PRELOAD",
                    libfaketime().toString(),
                    "FAKETIME_TIMESTAMP_FILE",
                    clock.toString(),
                    "FAKETIME_NO_CACHE",
                    "1",
                    "FAKETIME_DONT_FAKE_MONOTONIC",
                    "1"));
      }
      Process started =
          builder.redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
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
