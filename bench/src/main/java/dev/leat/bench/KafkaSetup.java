package dev.leat.bench;

import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;

/** What runs over a Kafka of its own: one node, which keeps what it has in the folder. */
final class KafkaSetup {
  /** Of the topic that the load goes to, on both sides. */
  private static final int PARTITIONS = 8;

  /** In the test code of our Kafka module, where it serves the tests as well. */
  private static final String SERVER = "dev.leat.kafka.KafkaServerMain";

  private KafkaSetup() {}

  /** Leat as gateway and worker. */
  static Setup leat(Path folder) {
    return leat(folder, "leat kafka", PARTITIONS, List.of());
  }

  /** The same with so many partitions, and members that do little at a time. */
  static Setup scaled(Path folder, int partitions, int members) {
    return leat(
        folder,
        "%d partitions, %d members".formatted(partitions, members),
        partitions,
        List.of(
            "handler=" + Scale.HANDLER_MS,
            "concurrency=" + Scale.CONCURRENCY * members,
            "members=" + members));
  }

  /** An edge and a service on Kafka's plain clients. */
  static Setup plain(Path folder) {
    int server = Ports.free();
    int port = Ports.free();
    String address = "127.0.0.1:" + server;
    return new Setup(
        "plain kafka",
        port,
        List.of(
            server(folder, server),
            peer(folder, "service", address, PARTITIONS),
            peer(folder, "edge", address, port)));
  }

  private static Setup leat(Path folder, String name, int partitions, List<String> ofWorker) {
    int server = Ports.free();
    int port = Ports.free();
    String url = "kafka://127.0.0.1:%d?partitions=%d".formatted(server, partitions);
    Program kafka = server(folder, server);
    String[] worker =
        Stream.concat(Stream.of("worker", url), ofWorker.stream()).toArray(String[]::new);
    return new Setup(
        name,
        port,
        List.of(kafka, Setup.leat(folder, "worker", worker), Setup.gateway(folder, port, url)));
  }

  private static Program peer(Path folder, String role, String servers, int number) {
    return Program.java(
        folder, role, KafkaPeer.class.getName(), role, servers, Integer.toString(number));
  }

  private static Program server(Path folder, int port) {
    int controller = Ports.free();
    return Program.java(
        folder,
        "kafka",
        SERVER,
        folder.resolve("kafka-" + port).toString(),
        UUID.randomUUID().toString(),
        "1",
        Integer.toString(port),
        Integer.toString(controller),
        "1@127.0.0.1:" + controller,
        "1");
  }
}
