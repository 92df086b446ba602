package dev.leat.kafka;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.TopicPartitionInfo;
import org.apache.kafka.common.Uuid;

/**
 * Three nodes of Kafka as processes, with everything on all of them: what two have is accepted, and
 * one of them may be gone.
 */
public final class KafkaCluster implements AutoCloseable {
  private static final int NODES = 3;

  private final List<KafkaServerProcess> nodes = new ArrayList<>();

  private KafkaCluster() {
    String id = Uuid.randomUuid().toString();
    List<Integer> controllers = new ArrayList<>();
    List<String> voters = new ArrayList<>();
    for (int i = 1; i <= NODES; i++) {
      int port = KafkaServerProcess.freePort();
      controllers.add(port);
      voters.add(i + "@127.0.0.1:" + port);
    }
    for (int i = 1; i <= NODES; i++) {
      nodes.add(
          new KafkaServerProcess(
              new KafkaServerProcess.Node(
                  KafkaServerProcess.newFolder(),
                  id,
                  i,
                  KafkaServerProcess.freePort(),
                  controllers.get(i - 1),
                  String.join(",", voters),
                  NODES,
                  Map.of())));
    }
    nodes.forEach(KafkaServerProcess::awaitReady);
  }

  /** Starts it. */
  public static KafkaCluster start() {
    return new KafkaCluster();
  }

  /** By which Leat connects. */
  public String url() {
    return "kafka://%s?partitions=6%s".formatted(addresses(), KafkaServerProcess.OPTIONS);
  }

  private String addresses() {
    return nodes.stream().map(KafkaServerProcess::address).collect(Collectors.joining(","));
  }

  /** How many nodes there are. */
  public int size() {
    return nodes.size();
  }

  /** Ends one without a word. */
  public void kill(int node) {
    nodes.get(node).kill();
  }

  /** Sends a signal to one, such as STOP. */
  public void signal(int node, String name) {
    nodes.get(node).signal(name);
  }

  /** Has one end, if it has not yet, and begin again. */
  public void restart(int node) {
    nodes.get(node).end();
    nodes.get(node).begin();
    nodes.get(node).awaitReady();
  }

  /** Ends all without a word, and starts them again. */
  public void restartAll() {
    nodes.forEach(KafkaServerProcess::kill);
    nodes.forEach(KafkaServerProcess::begin);
    nodes.forEach(KafkaServerProcess::awaitReady);
  }

  /** Whether everything is on every node, so that one of them may be lost. */
  public boolean isWhole() {
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", addresses()))) {
      Map<String, TopicDescription> all =
          admin.describeTopics(admin.listTopics().names().get()).allTopicNames().get();
      return all.values().stream()
          .flatMap(topic -> topic.partitions().stream())
          .allMatch(KafkaCluster::isWhole);
    } catch (ExecutionException away) {
      return false;
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private static boolean isWhole(TopicPartitionInfo partition) {
    return partition.leader() != null && partition.isr().size() == NODES;
  }

  @Override
  public void close() {
    nodes.forEach(KafkaServerProcess::close);
  }
}
