package dev.leat.kafka;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.metadata.storage.Formatter;
import org.apache.kafka.server.common.MetadataVersion;

/** A node of Kafka, broker and controller, for tests; a process of its own. */
final class KafkaServerMain {
  private KafkaServerMain() {}

  /**
   * What it is told: its folder, the cluster's id, its own, its port and its controller's, all
   * controllers, and on how many nodes everything is to be.
   */
  public static void main(String[] arguments) throws Exception {
    Path folder = Path.of(arguments[0]);
    String node = arguments[2];
    String port = arguments[3];
    String controller = arguments[4];
    int replication = Integer.parseInt(arguments[6]);
    // One that asks who is there, beside the one that does not.
    String others = System.getProperty("leat.test.more.listeners", "");
    String more = others.isEmpty() ? "" : "," + others;
    String least = Integer.toString(Math.max(1, replication - 1));
    Map<String, String> all = new HashMap<>();
    all.put("process.roles", "broker,controller");
    all.put("node.id", node);
    all.put(
        "listeners",
        "PLAINTEXT://127.0.0.1:%s,CONTROLLER://127.0.0.1:%s%s".formatted(port, controller, more));
    all.put("advertised.listeners", "PLAINTEXT://127.0.0.1:" + port + more);
    all.put("inter.broker.listener.name", "PLAINTEXT");
    all.put("controller.listener.names", "CONTROLLER");
    all.put("listener.security.protocol.map", "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT");
    all.put("controller.quorum.voters", arguments[5]);
    all.put("log.dirs", folder.toString());
    all.put("auto.create.topics.enable", "false");
    all.put("default.replication.factor", arguments[6]);
    all.put("min.insync.replicas", least);
    all.put("offsets.topic.num.partitions", "1");
    all.put("offsets.topic.replication.factor", arguments[6]);
    all.put("transaction.state.log.num.partitions", "1");
    all.put("transaction.state.log.replication.factor", arguments[6]);
    all.put("transaction.state.log.min.isr", least);
    all.put("group.initial.rebalance.delay.ms", "0");
    all.put("group.consumer.min.heartbeat.interval.ms", "100");
    all.put("group.consumer.heartbeat.interval.ms", replication > 1 ? "500" : "100");
    all.put("group.consumer.min.session.timeout.ms", "1000");
    all.put("group.consumer.session.timeout.ms", "3000");
    // A node that is gone is so for its cluster after that.
    all.put("broker.heartbeat.interval.ms", "500");
    all.put("broker.session.timeout.ms", "3000");
    all.put("replica.lag.time.max.ms", "3000");
    all.put("log.cleaner.dedupe.buffer.size", "2097152");
    Properties properties = new Properties();
    properties.putAll(all);
    properties.putAll(System.getProperties());
    new Formatter()
        .setNodeId(Integer.parseInt(node))
        .setClusterId(arguments[1])
        .addDirectory(folder.toString())
        .setMetadataLogDirectory(folder.toString())
        .setReleaseVersion(MetadataVersion.latestProduction())
        .setControllerListenerName("CONTROLLER")
        .setIgnoreFormatted(true)
        .setUnstableFeatureVersionsEnabled(false)
        .run();
    KafkaRaftServer server = new KafkaRaftServer(new KafkaConfig(properties), Time.SYSTEM);
    server.startup();
    System.out.println("ready");
    server.awaitShutdown();
  }
}
