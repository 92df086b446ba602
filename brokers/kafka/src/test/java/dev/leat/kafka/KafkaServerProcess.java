package dev.leat.kafka;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A real Kafka on free ports of the loopback, ended with the test that started it. */
public final class KafkaServerProcess implements AutoCloseable {
  private static @Nullable KafkaServerProcess shared;

  private final int port;
  private final Process process;

  private KafkaServerProcess() {
    try {
      Path folder = Files.createTempDirectory("leat-kafka");
      port = freePort();
      process =
          new ProcessBuilder(
                  List.of(
                      Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                      "-Xmx512m",
                      "-XX:+UseSerialGC",
                      "-XX:TieredStopAtLevel=1",
                      "-cp",
                      System.getProperty("java.class.path"),
                      KafkaServerMain.class.getName(),
                      folder.resolve("data").toString(),
                      Integer.toString(port),
                      Integer.toString(freePort())))
              .redirectError(ProcessBuilder.Redirect.INHERIT)
              .start();
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
    Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
    awaitReady();
  }

  /** One for all tests of this process. */
  public static synchronized KafkaServerProcess shared() {
    KafkaServerProcess known = shared;
    if (known == null) {
      known = new KafkaServerProcess();
      shared = known;
    }
    return known;
  }

  /** One of its own. */
  public static KafkaServerProcess start() {
    return new KafkaServerProcess();
  }

  /** By which Leat connects: with few partitions, which are made quickly. */
  public String url() {
    return "kafka://127.0.0.1:%d?partitions=4".formatted(port);
  }

  /** Host and port. */
  public String address() {
    return "127.0.0.1:" + port;
  }

  private void awaitReady() {
    BufferedReader out = process.inputReader();
    try {
      String line = out.readLine();
      while (line != null && !line.equals("ready")) {
        line = out.readLine();
      }
      if (line == null) {
        throw new IllegalStateException("Kafka has ended with " + process.exitValue());
      }
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
    // A virtual thread that reads a pipe takes one of the system's from all others.
    Thread unused =
        Thread.ofPlatform().daemon().start(() -> out.lines().forEach(System.err::println));
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
