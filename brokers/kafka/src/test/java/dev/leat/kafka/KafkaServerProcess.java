package dev.leat.kafka;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/** A real node of Kafka on free ports of the loopback, ended with the test that started it. */
public final class KafkaServerProcess implements AutoCloseable {
  private static @Nullable KafkaServerProcess shared;

  private final Node node;
  private Process process;

  /**
   * A node, which may be started again.
   *
   * @param voters all controllers, as Kafka has them named
   * @param replication on how many nodes everything is to be
   * @param settings of Kafka that are not as they are for tests
   */
  record Node(
      Path folder,
      String cluster,
      int id,
      int port,
      int controllerPort,
      String voters,
      int replication,
      Map<String, String> settings) {
    static Node alone(Map<String, String> settings) {
      int controllerPort = freePort();
      return new Node(
          newFolder(),
          Uuid.randomUuid().toString(),
          1,
          freePort(),
          controllerPort,
          "1@127.0.0.1:" + controllerPort,
          1,
          settings);
    }
  }

  /** Begins to start one. */
  KafkaServerProcess(Node node) {
    this.node = node;
    this.process = begin(node);
    Runtime.getRuntime().addShutdownHook(new Thread(this::close));
  }

  private static Process begin(Node node) {
    try {
      List<String> command = new ArrayList<>();
      command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
      command.add(node.replication() > 1 ? "-Xmx256m" : "-Xmx512m");
      command.addAll(List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"));
      node.settings().forEach((name, value) -> command.add("-D%s=%s".formatted(name, value)));
      command.addAll(
          List.of(
              "-cp",
              System.getProperty("java.class.path"),
              KafkaServerMain.class.getName(),
              node.folder().resolve("data").toString(),
              node.cluster(),
              Integer.toString(node.id()),
              Integer.toString(node.port()),
              Integer.toString(node.controllerPort()),
              node.voters(),
              Integer.toString(node.replication())));
      return new ProcessBuilder(command)
          .redirectError(
              ProcessBuilder.Redirect.appendTo(node.folder().resolve("errors.log").toFile()))
          .start();
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  /** One for all tests of this process. */
  public static synchronized KafkaServerProcess shared() {
    KafkaServerProcess known = shared;
    if (known == null) {
      known = start();
      shared = known;
    }
    return known;
  }

  /** One of its own. */
  public static KafkaServerProcess start() {
    return start(Map.of());
  }

  /** The same with other settings than are for tests. */
  public static KafkaServerProcess start(Map<String, String> settings) {
    KafkaServerProcess started = new KafkaServerProcess(Node.alone(settings));
    started.awaitReady();
    return started;
  }

  /** Options of Leat's URLs, such as {@code &transactions=true}; tests may run with any. */
  public static final String OPTIONS = System.getProperty("leat.kafka.options", "");

  /** By which Leat connects: with few partitions, which are made quickly. */
  public String url() {
    return "kafka://%s?partitions=4%s".formatted(address(), OPTIONS);
  }

  /** Host and port. */
  public String address() {
    return "127.0.0.1:" + node.port();
  }

  /** Writes records as they stand, past all brokers of ours. */
  void produce(List<ProducerRecord<byte[], byte[]>> records) {
    Properties properties = new Properties();
    properties.put("bootstrap.servers", address());
    properties.put("key.serializer", ByteArraySerializer.class.getName());
    properties.put("value.serializer", ByteArraySerializer.class.getName());
    try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(properties)) {
      for (ProducerRecord<byte[], byte[]> one : records) {
        Object unused = producer.send(one).get();
      }
    } catch (InterruptedException | ExecutionException failure) {
      throw new IllegalStateException(failure);
    }
  }

  /** One that may do everything. */
  Admin admin() {
    return Admin.create(Map.of("bootstrap.servers", address()));
  }

  /** The same node once more, with what it has on its disk; it has ended. */
  public void begin() {
    process = begin(node);
  }

  /** Ends it without a word. */
  public void kill() {
    process.destroyForcibly().onExit().join();
  }

  /** Sends it a signal, such as STOP. */
  public void signal(String name) {
    try {
      new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start().onExit().join();
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  /** Tells it to end, and waits until it has. */
  public void end() {
    signal("TERM");
    process.onExit().join();
  }

  /** Waits until it takes requests. */
  void awaitReady() {
    BufferedReader out = process.inputReader();
    try {
      String line = out.readLine();
      while (line != null && !line.equals("ready")) {
        line = out.readLine();
      }
      if (line == null) {
        throw new IllegalStateException(
            "Kafka has ended with %d: %s"
                .formatted(
                    process.onExit().join().exitValue(),
                    Files.readString(node.folder().resolve("errors.log"))));
      }
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
    // A virtual thread that reads a pipe takes one of the system's from all others.
    Thread unused = Thread.ofPlatform().daemon().start(() -> out.lines().forEach(line -> {}));
  }

  static Path newFolder() {
    try {
      return Files.createTempDirectory("leat-kafka");
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  static int freePort() {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    } catch (IOException none) {
      throw new UncheckedIOException(none);
    }
  }

  /** Nothing is left of it. */
  @Override
  public void close() {
    kill();
    delete(node.folder().toFile());
  }

  private static void delete(File file) {
    File[] within = file.listFiles();
    if (within != null) {
      for (File one : within) {
        delete(one);
      }
    }
    boolean unused = file.delete();
  }
}
