package dev.leat.kafka;

import dev.leat.BadMessage;
import dev.leat.LeatException;
import dev.leat.Position;
import dev.leat.broker.Membership;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RebalanceInProgressException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The consumer of a member, on a thread of its own: fetches, commits what the member says, and
 * hears which partitions it has.
 */
final class GroupReader implements ConsumerRebalanceListener {
  private static final Logger log = LoggerFactory.getLogger(GroupReader.class);

  /** As long as what is completed is not committed, at most, and nothing else is to be done. */
  private static final Duration TURN = Duration.ofMillis(50);

  private static final Duration PAUSE = Duration.ofMillis(500);

  /** How long a partition stays with a member that is at work on what stands there. */
  private static final Duration MOST_PATIENCE = Duration.ofSeconds(5);

  private static final Duration LOOK = Duration.ofMillis(5);
  private static final Duration FAREWELL = Duration.ofSeconds(2);

  private final KafkaMember member;
  private final KafkaSettings settings;
  private final KafkaTopics topics;
  private final String topic;
  private final Thread thread;
  private volatile boolean stopped;

  /** Of this thread, while it has one. */
  private @Nullable KafkaConsumer<byte[], byte[]> consumer;

  /** Why it may not be in its group. */
  private @Nullable LeatException refused;

  GroupReader(KafkaMember member, KafkaSettings settings, KafkaTopics topics, String topic) {
    this.member = member;
    this.settings = settings;
    this.topics = topics;
    this.topic = topic;
    this.thread = Thread.ofPlatform().name("leat-kafka-" + topic).daemon().unstarted(this::work);
  }

  void start() {
    thread.start();
  }

  /** It leaves the group, once it has committed. */
  void stop() {
    stopped = true;
  }

  private void work() {
    while (!stopped) {
      try {
        read(topics.partitions(topic).join());
      } catch (RuntimeException failure) {
        if (!stopped) {
          log.warn(
              "stream={} group={} is not read, asking again: {}",
              topic,
              member.membership().group(),
              KafkaFailures.of(failure).getMessage());
          member.lost();
          LockSupport.parkNanos(PAUSE.toNanos());
        }
      }
    }
    member.left();
  }

  private void read(int partitions) {
    Properties properties = settings.consumer();
    Membership membership = member.membership();
    properties.put(ConsumerConfig.GROUP_ID_CONFIG, TopicNames.groupId(topic, membership.group()));
    properties.put(ConsumerConfig.CLIENT_ID_CONFIG, membership.member());
    properties.putIfAbsent(ConsumerConfig.GROUP_PROTOCOL_CONFIG, "consumer");
    try (KafkaConsumer<byte[], byte[]> opened = new KafkaConsumer<>(properties)) {
      consumer = opened;
      refuseDisorder(opened, Places.all(topic, partitions));
      if (refused == null) {
        opened.subscribe(List.of(topic), this);
      }
      while (!stopped && refused == null) {
        turn(opened);
      }
      commit(opened, member.changed(true));
    } finally {
      member.revoked(member.partitions());
    }
    LeatException why = refused;
    if (why != null) {
      stopped = true;
      member.refused(why);
    }
  }

  /** Whoever does not keep a group's order must not be in it. */
  private void refuseDisorder(
      KafkaConsumer<byte[], byte[]> opened, Collection<TopicPartition> partitions) {
    Membership membership = member.membership();
    if (membership.ordered()) {
      return;
    }
    for (OffsetAndMetadata known : opened.committed(Set.copyOf(partitions)).values()) {
      if (known != null && PartitionProgress.read(known.offset(), known.metadata()).isOrdered()) {
        refused = membership.breaksOrder();
      }
    }
  }

  private void turn(KafkaConsumer<byte[], byte[]> opened) {
    pause(opened);
    List<HeldMessage> fetched = new ArrayList<>();
    for (ConsumerRecord<byte[], byte[]> record : opened.poll(TURN)) {
      TopicPartition partition = new TopicPartition(record.topic(), record.partition());
      member.arrives(partition, record.offset());
      try {
        fetched.add(
            new HeldMessage(partition, Places.place(record), CloudEventRecord.read(record)));
      } catch (BadMessage broken) {
        member.broken(partition, record, broken);
      }
    }
    if (fetched.isEmpty()) {
      // What transactions leave at the end of a partition is not there for anybody.
      opened.assignment().forEach(one -> member.passed(one, opened.position(one)));
    } else {
      member.fetched(fetched);
    }
    Map<TopicPartition, OffsetAndMetadata> changed = member.changed(false);
    if (!changed.isEmpty()) {
      opened.commitAsync(changed, (done, failure) -> committed(changed, failure));
    }
  }

  private void pause(KafkaConsumer<byte[], byte[]> opened) {
    Set<TopicPartition> wanted = new HashSet<>(member.tooFull());
    wanted.retainAll(opened.assignment());
    Set<TopicPartition> paused = opened.paused();
    if (!paused.equals(wanted)) {
      opened.resume(paused);
      opened.pause(wanted);
    }
  }

  private void committed(Map<TopicPartition, OffsetAndMetadata> some, @Nullable Exception failure) {
    if (failure != null) {
      log.debug("stream={} was not committed, it is tried again", topic, failure);
      member.uncommitted(some.keySet());
    }
  }

  private void commit(
      KafkaConsumer<byte[], byte[]> opened, Map<TopicPartition, OffsetAndMetadata> changed) {
    if (changed.isEmpty()) {
      return;
    }
    try {
      opened.commitSync(changed, FAREWELL);
    } catch (RebalanceInProgressException | IllegalStateException gone) {
      log.debug("stream={} was not committed: others have it", topic, gone);
    } catch (KafkaException failure) {
      log.warn(
          "stream={} group={} what was completed last is not committed, and is handed over again: {}",
          topic,
          member.membership().group(),
          KafkaFailures.of(failure).getMessage());
    }
  }

  private KafkaConsumer<byte[], byte[]> own() {
    return Objects.requireNonNull(consumer, "it is asked while it reads");
  }

  @Override
  public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
    KafkaConsumer<byte[], byte[]> own = own();
    Set<TopicPartition> all = Set.copyOf(partitions);
    Map<TopicPartition, PartitionProgress> progress = new HashMap<>();
    refuseDisorder(own, all);
    if (refused != null) {
      return;
    }
    Map<TopicPartition, OffsetAndMetadata> committed = own.committed(all);
    List<TopicPartition> fresh = new ArrayList<>();
    for (TopicPartition one : all) {
      OffsetAndMetadata known = committed.get(one);
      if (known == null) {
        fresh.add(one);
      } else {
        progress.put(one, PartitionProgress.read(known.offset(), known.metadata()));
        own.seek(one, known.offset());
      }
    }
    Position start = member.membership().start();
    if (!fresh.isEmpty()) {
      Places.seek(own, fresh, start);
      for (TopicPartition one : fresh) {
        progress.put(one, new PartitionProgress(own.position(one)));
      }
    }
    member.assigned(progress, Set.copyOf(fresh));
    commit(own, member.changed(true));
  }

  /**
   * What is at work on partitions that go is waited for, for a while: others would begin it once
   * more. Nothing else is fetched meanwhile.
   */
  @Override
  public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
    Set<TopicPartition> going = Set.copyOf(partitions);
    member.goes(going);
    long lease = Math.min(MOST_PATIENCE.toNanos(), member.membership().lease().toNanos());
    long end = System.nanoTime() + lease;
    while (!stopped && member.isAtWorkOn(going) && System.nanoTime() < end) {
      LockSupport.parkNanos(LOOK.toNanos());
    }
    commit(own(), member.changed(true));
    onPartitionsLost(partitions);
  }

  @Override
  public void onPartitionsLost(Collection<TopicPartition> partitions) {
    member.revoked(Set.copyOf(partitions));
  }
}
