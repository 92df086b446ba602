package dev.leat.kafka;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
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

  /** From each node to each other, to the one port and to the other. */
  private final Link[][] toBrokers = new Link[NODES][NODES];

  private final Link[][] toControllers = new Link[NODES][NODES];

  private KafkaCluster() {
    String id = Uuid.randomUuid().toString();
    int[] brokers = freePorts();
    int[] controllers = freePorts();
    int[] own = freePorts();
    for (int from = 0; from < NODES; from++) {
      for (int to = 0; to < NODES; to++) {
        toBrokers[from][to] = new Link(own[to]);
        toControllers[from][to] = new Link(controllers[to]);
      }
    }
    for (int node = 0; node < NODES; node++) {
      nodes.add(
          new KafkaServerProcess(
              new KafkaServerProcess.Node(
                  KafkaServerProcess.newFolder(),
                  id,
                  node + 1,
                  brokers[node],
                  controllers[node],
                  voters(node, controllers[node]),
                  NODES,
                  listeners(node, brokers[node], controllers[node], own[node]))));
    }
    nodes.forEach(KafkaServerProcess::awaitReady);
  }

  private static int[] freePorts() {
    return IntStream.range(0, NODES).map(one -> KafkaServerProcess.freePort()).toArray();
  }

  /** All controllers, as a node gets to them. */
  private String voters(int node, int own) {
    return IntStream.range(0, NODES)
        .mapToObj(
            to ->
                "%d@127.0.0.1:%d"
                    .formatted(to + 1, to == node ? own : toControllers[node][to].port()))
        .collect(Collectors.joining(","));
  }

  /**
   * Each node asks the others at a listener that is called after it, so that each has its own ways:
   * all of them lead to the one that the other has for itself.
   */
  private Map<String, String> listeners(int node, int broker, int controller, int own) {
    String all = "PLAINTEXT://127.0.0.1:%d".formatted(broker);
    StringBuilder bound = new StringBuilder(all + ",CONTROLLER://127.0.0.1:" + controller);
    StringBuilder advertised = new StringBuilder(all);
    StringBuilder protocols = new StringBuilder("CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT");
    for (int from = 0; from < NODES; from++) {
      String name = "FROM" + (from + 1);
      int port = from == node ? own : KafkaServerProcess.freePort();
      bound.append(",%s://127.0.0.1:%d".formatted(name, port));
      int asked = from == node ? own : toBrokers[from][node].port();
      advertised.append(",%s://127.0.0.1:%d".formatted(name, asked));
      protocols.append(",%s:PLAINTEXT".formatted(name));
    }
    return Map.of(
        "listeners",
        bound.toString(),
        "advertised.listeners",
        advertised.toString(),
        "listener.security.protocol.map",
        protocols.toString(),
        "inter.broker.listener.name",
        "FROM" + (node + 1));
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

  /** Cuts the network between two, or mends it; who asks them from outside notices nothing. */
  public void cut(int one, int other, boolean cut) {
    for (Link[][] links : List.of(toBrokers, toControllers)) {
      links[one][other].cut(cut);
      links[other][one].cut(cut);
    }
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
    Stream.of(toBrokers, toControllers)
        .flatMap(Arrays::stream)
        .flatMap(Arrays::stream)
        .forEach(Link::close);
  }
}
