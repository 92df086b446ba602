package dev.leat.bench;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.VoidDeserializer;
import org.apache.kafka.common.serialization.VoidSerializer;

/**
 * An edge on Vert.x that asks a service over Kafka by its plain clients: a producer, a group of
 * consumers, a topic of replies of which the edge reads a partition. It promises less than Leat: no
 * deadlines, no attempts, and a service that is killed may have said that it was done with what it
 * had yet to answer. {@code acks=all}, as Kafka's clients come.
 */
public final class KafkaPeer {
  private static final String REQUESTS = "requests";
  private static final String REPLIES = "replies";
  private static final String ID = "id";
  private static final String TO = "to";
  private static final Duration POLL = Duration.ofSeconds(1);

  private KafkaPeer() {}

  /** {@code service SERVERS PARTITIONS}, or {@code edge SERVERS PORT}. */
  public static void main(String... arguments) throws Exception {
    String servers = arguments[1];
    if (arguments[0].equals("service")) {
      makeTopics(servers, Integer.parseInt(arguments[2]));
      serve(servers);
    } else {
      int port = Integer.parseInt(arguments[2]);
      Replies replies = new Replies(servers);
      HttpPeer.deploy(() -> new Edge(port, replies), HttpPeer.EDGE_LOOPS);
      System.out.println("ready");
    }
  }

  private static void makeTopics(String servers, int partitions) throws Exception {
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", servers))) {
      admin
          .createTopics(
              List.of(
                  new NewTopic(REQUESTS, partitions, (short) 1),
                  new NewTopic(REPLIES, 1, (short) 1)))
          .all()
          .get();
    }
  }

  /** Answers what comes until it is ended. */
  private static void serve(String servers) {
    try (KafkaProducer<Void, byte[]> producer = producer(servers);
        KafkaConsumer<Void, byte[]> consumer = consumer(servers, "true")) {
      consumer.subscribe(List.of(REQUESTS));
      boolean said = false;
      while (true) {
        ConsumerRecords<Void, byte[]> records = consumer.poll(POLL);
        for (ConsumerRecord<Void, byte[]> request : records) {
          int to = ByteBuffer.wrap(request.headers().lastHeader(TO).value()).getInt();
          ProducerRecord<Void, byte[]> reply =
              new ProducerRecord<>(REPLIES, to, null, request.value());
          reply.headers().add(request.headers().lastHeader(ID));
          var unused = producer.send(reply);
        }
        if (!said && !consumer.assignment().isEmpty()) {
          System.out.println("ready");
          said = true;
        }
      }
    }
  }

  private static KafkaProducer<Void, byte[]> producer(String servers) {
    Properties properties = new Properties();
    properties.put("bootstrap.servers", servers);
    properties.put("linger.ms", "0");
    return new KafkaProducer<>(properties, new VoidSerializer(), new ByteArraySerializer());
  }

  private static KafkaConsumer<Void, byte[]> consumer(String servers, String commits) {
    Properties properties = new Properties();
    properties.put("bootstrap.servers", servers);
    properties.put("group.id", REQUESTS);
    properties.put("group.protocol", "consumer");
    properties.put("enable.auto.commit", commits);
    properties.put("auto.offset.reset", "earliest");
    return new KafkaConsumer<>(properties, new VoidDeserializer(), new ByteArrayDeserializer());
  }

  /** What the edge has asked, and reads the answers to. */
  private static final class Replies {
    private record Waiting(HttpServerRequest request, Context own) {}

    private final Map<Long, Waiting> waiting = new ConcurrentHashMap<>();
    private final AtomicLong ids = new AtomicLong(UUID.randomUUID().getMostSignificantBits());
    private final KafkaProducer<Void, byte[]> producer;
    private final byte[] to = ByteBuffer.allocate(Integer.BYTES).putInt(0).array();

    Replies(String servers) {
      producer = producer(servers);
      // Asked once from here: that may block, which a loop must not.
      var unused = producer.partitionsFor(REQUESTS);
      KafkaConsumer<Void, byte[]> consumer = consumer(servers, "false");
      TopicPartition own = new TopicPartition(REPLIES, 0);
      consumer.assign(List.of(own));
      consumer.seekToEnd(List.of(own));
      // It is looked up now, and not after the first question.
      var unusedPosition = consumer.position(own);
      Thread reading = new Thread(() -> read(consumer), "replies");
      reading.setDaemon(true);
      reading.start();
    }

    void ask(HttpServerRequest request, Context own, byte[] body) {
      long id = ids.incrementAndGet();
      waiting.put(id, new Waiting(request, own));
      ProducerRecord<Void, byte[]> record = new ProducerRecord<>(REQUESTS, null, body);
      record.headers().add(ID, ByteBuffer.allocate(Long.BYTES).putLong(id).array()).add(TO, to);
      var unused =
          producer.send(
              record,
              (sent, failure) -> {
                if (failure != null && waiting.remove(id) != null) {
                  own.runOnContext(turn -> request.response().setStatusCode(502).end());
                }
              });
    }

    private void read(KafkaConsumer<Void, byte[]> consumer) {
      while (true) {
        for (ConsumerRecord<Void, byte[]> reply : consumer.poll(POLL)) {
          long id = ByteBuffer.wrap(reply.headers().lastHeader(ID).value()).getLong();
          Waiting one = waiting.remove(id);
          if (one != null) {
            one.own.runOnContext(
                turn -> HttpPeer.answer(one.request, Buffer.buffer(reply.value())));
          }
        }
      }
    }
  }

  private static final class Edge extends VerticleBase {
    private final int port;
    private final Replies replies;

    Edge(int port, Replies replies) {
      this.port = port;
      this.replies = replies;
    }

    @Override
    public Future<?> start() {
      Context own = vertx.getOrCreateContext();
      return vertx
          .createHttpServer(HttpPeer.SERVER)
          .requestHandler(
              request ->
                  request.body().onSuccess(body -> replies.ask(request, own, body.getBytes())))
          .listen(port, "127.0.0.1");
    }
  }
}
