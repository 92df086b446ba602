package dev.leat.kafka;

import dev.leat.BadConfiguration;
import dev.leat.broker.BrokerUrl;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.regex.Pattern;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.CooperativeStickyAssignor;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * What a URL says: {@code kafka://host:9092,other:9092?partitions=32&replication=3}, and any
 * property of Kafka's clients as {@code kafka.NAME}. Never shows a value.
 *
 * @param shown the URL, for people
 * @param partitions of a topic of requests, and of that of all replies, where they are made
 * @param replication of a topic that is made; the cluster's own where it is empty
 * @param notes by which idempotent requests are known again, at most
 * @param transactions whether members complete in transactions
 * @param properties of every client
 */
record KafkaSettings(
    String shown,
    int partitions,
    Optional<Short> replication,
    int notes,
    boolean transactions,
    Map<String, String> properties) {
  private static final String PREFIX = "kafka.";
  private static final String CONFIG = "config";
  private static final String TRANSACTIONS = "transactions";
  private static final Set<String> OPTIONS =
      Set.of("partitions", "replication", "notes", TRANSACTIONS, CONFIG);
  private static final Pattern SERVERS =
      Pattern.compile("[^,:/@\\[\\]]+(:[0-9]{1,5})?(,[^,:/@\\[\\]]+(:[0-9]{1,5})?)*");
  private static final int PARTITIONS = 32;
  private static final int MOST_PARTITIONS = 10_000;
  private static final int NOTES = 250_000;
  private static final int MOST_NOTES = 100_000_000;
  private static final int DEFAULT_PORT = 9092;

  /**
   * Reads them.
   *
   * @throws BadConfiguration if the URL asks for what there is not
   */
  static KafkaSettings of(BrokerUrl url) {
    String servers = Optional.ofNullable(url.uri().getRawAuthority()).orElse("");
    if (!SERVERS.matcher(servers).matches()) {
      throw new BadConfiguration(
          "%s: it names servers, as in kafka://host:9092,other:9092".formatted(url));
    }
    Map<String, String> properties = new LinkedHashMap<>();
    String file = url.options().get(CONFIG);
    if (file != null) {
      properties.putAll(read(url, file));
    }
    url.options()
        .forEach(
            (name, value) -> {
              if (name.startsWith(PREFIX)) {
                properties.put(name.substring(PREFIX.length()), value);
              } else if (!OPTIONS.contains(name)) {
                throw new BadConfiguration(
                    "%s: there is no option '%s', known are partitions, replication, notes, transactions, config, and kafka.NAME for any property of Kafka's clients"
                        .formatted(url, name));
              }
            });
    properties.put(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, withPorts(servers));
    long replication = url.number("replication", 0, 0, Short.MAX_VALUE);
    return new KafkaSettings(
        url.toString(),
        (int) url.number("partitions", PARTITIONS, 1, MOST_PARTITIONS),
        replication == 0 ? Optional.empty() : Optional.of((short) replication),
        (int) url.number("notes", NOTES, 1, MOST_NOTES),
        isTrue(url, TRANSACTIONS),
        Map.copyOf(properties));
  }

  private static boolean isTrue(BrokerUrl url, String option) {
    String value = url.options().getOrDefault(option, "false");
    if (!value.equals("true") && !value.equals("false")) {
      throw new BadConfiguration("%s: '%s' is either true or false".formatted(url, option));
    }
    return value.equals("true");
  }

  /** Of a file as Kafka's own tools take it: what is in it is in no list of processes. */
  private static Map<String, String> read(BrokerUrl url, String file) {
    Properties all = new Properties();
    try (Reader in = Files.newBufferedReader(Path.of(file))) {
      all.load(in);
    } catch (IOException | IllegalArgumentException unreadable) {
      throw new BadConfiguration(
          "%s: its config, a file of properties of Kafka's clients, cannot be read".formatted(url),
          unreadable);
    }
    Map<String, String> read = new LinkedHashMap<>();
    all.stringPropertyNames().forEach(name -> read.put(name, all.getProperty(name)));
    return read;
  }

  private static String withPorts(String servers) {
    StringBuilder all = new StringBuilder();
    for (String server : servers.split(",", -1)) {
      all.append(all.isEmpty() ? "" : ",").append(server);
      all.append(server.indexOf(':') < 0 ? ":" + DEFAULT_PORT : "");
    }
    return all.toString();
  }

  Properties admin() {
    return with(
        Map.of(
            CommonClientConfigs.REQUEST_TIMEOUT_MS_CONFIG, "5000",
            CommonClientConfigs.DEFAULT_API_TIMEOUT_MS_CONFIG, "10000"));
  }

  /**
   * Of the one producer: what it was told to send is there once, and on every replica that is in
   * step. It waits for nothing that comes later, and blocks nobody.
   */
  Properties producer() {
    Map<String, String> own = new HashMap<>();
    own.put(ProducerConfig.ACKS_CONFIG, "all");
    own.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, "true");
    own.put(ProducerConfig.LINGER_MS_CONFIG, "0");
    own.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, "5000");
    own.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, "20000");
    // It is asked on loops.
    own.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, "0");
    own.put(ProducerConfig.METADATA_MAX_AGE_CONFIG, "30000");
    own.put(ProducerConfig.METADATA_MAX_IDLE_CONFIG, Integer.toString(Integer.MAX_VALUE));
    own.put(ProducerConfig.BUFFER_MEMORY_CONFIG, Long.toString(Appends.BUFFER));
    own.put(ProducerConfig.KEY_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class.getName());
    own.put(ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class.getName());
    return with(own);
  }

  /** The same, of one that fences all before it with the same id. */
  Properties transactional(String id) {
    Properties all = producer();
    all.put(ProducerConfig.TRANSACTIONAL_ID_CONFIG, id);
    // A topic that is not there any more is waited for as long.
    all.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, "5000");
    // What comes behind what a dead one left is not read until then.
    all.putIfAbsent(ProducerConfig.TRANSACTION_TIMEOUT_CONFIG, "10000");
    return all;
  }

  /** Of a consumer that commits what it is told to alone. */
  Properties consumer() {
    Map<String, String> own = new HashMap<>();
    own.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, "false");
    own.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
    own.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, "false");
    own.put(CommonClientConfigs.METADATA_MAX_AGE_CONFIG, "30000");
    own.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
    own.put(CommonClientConfigs.REQUEST_TIMEOUT_MS_CONFIG, "5000");
    own.put(CommonClientConfigs.DEFAULT_API_TIMEOUT_MS_CONFIG, "10000");
    own.put(ConsumerConfig.KEY_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class.getName());
    own.put(ConsumerConfig.VALUE_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class.getName());
    return with(own);
  }

  /** Of a member of a group. */
  Properties member() {
    Properties all = consumer();
    all.putIfAbsent(ConsumerConfig.GROUP_PROTOCOL_CONFIG, "consumer");
    if (all.getProperty(ConsumerConfig.GROUP_PROTOCOL_CONFIG).equalsIgnoreCase("classic")) {
      // The default takes all partitions from all members for each that comes.
      all.putIfAbsent(
          ConsumerConfig.PARTITION_ASSIGNMENT_STRATEGY_CONFIG,
          CooperativeStickyAssignor.class.getName());
    }
    return all;
  }

  /**
   * Looks at all of them before they are used.
   *
   * @throws org.apache.kafka.common.config.ConfigException if Kafka's clients do not take them
   */
  void check() {
    Properties member = member();
    member.put(ConsumerConfig.GROUP_ID_CONFIG, "g");
    Object unusedConsumer = new ConsumerConfig(member);
    Object unusedProducer = new ProducerConfig(producer());
    Object unusedAdmin = new AdminClientConfig(admin());
  }

  /** What the URL says comes last. */
  private Properties with(Map<String, String> own) {
    Properties all = new Properties();
    all.putAll(own);
    all.putAll(properties);
    return all;
  }

  /** Never the properties, of which some are secrets. */
  @Override
  public String toString() {
    return shown;
  }
}
