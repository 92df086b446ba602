package dev.leat.kafka;

import dev.leat.BadConfiguration;
import dev.leat.BadMessage;
import dev.leat.LeatException;
import dev.leat.Position;
import dev.leat.broker.FaultLog;
import dev.leat.broker.Membership;
import java.time.Duration;
import java.time.InstantSource;
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
import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.FencedMemberEpochException;
import org.apache.kafka.common.errors.IllegalGenerationException;
import org.apache.kafka.common.errors.RebalanceInProgressException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.errors.StaleMemberEpochException;
import org.apache.kafka.common.errors.UnknownMemberIdException;
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

  /**
   * How long a partition stays with a member that is at work on what stands there, at most; Kafka
   * takes members for dead that do not ask for five minutes.
   */
  private static final Duration MOST_PATIENCE = Duration.ofMinutes(4);

  private static final Duration LOOK = Duration.ofMillis(5);
  private static final Duration PAUSE = Duration.ofMillis(100);
  private static final Duration FAREWELL = Duration.ofSeconds(2);

  private final KafkaMember member;
  private final KafkaSettings settings;
  private final KafkaTopics topics;
  private final String topic;
  private final FaultLog faults;
  private final Thread thread;
  private volatile boolean stopped;

  /** Of this thread, while it has one. */
  private @Nullable KafkaConsumer<byte[], byte[]> consumer;

  /** Why it may not be in its group. */
  private @Nullable LeatException refused;

  GroupReader(
      KafkaMember member,
      KafkaSettings settings,
      KafkaTopics topics,
      String topic,
      InstantSource clock) {
    this.faults = new FaultLog(log, clock);
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
    ReadingLoop.run(
        "stream=%s group=%s is".formatted(topic, member.membership().group()),
        faults,
        () -> stopped,
        () -> read(topics.partitions(topic).join()),
        this::failed);
    member.left();
  }

  private void failed(LeatException failure) {
    if (failure instanceof BadConfiguration) {
      stopped = true;
      member.refused(failure);
    } else {
      member.lost();
    }
  }

  private void read(int partitions) {
    Properties properties = settings.member();
    Membership membership = member.membership();
    properties.put(ConsumerConfig.GROUP_ID_CONFIG, TopicNames.groupId(topic, membership.group()));
    properties.put(ConsumerConfig.CLIENT_ID_CONFIG, membership.member());
    try (KafkaConsumer<byte[], byte[]> opened = new KafkaConsumer<>(properties)) {
      consumer = opened;
      if (!membership.ordered()) {
        refuseDisorder(opened.committed(Set.copyOf(Places.all(topic, partitions))));
      }
      if (refused == null) {
        opened.subscribe(List.of(topic), this);
      }
      while (!stopped && refused == null) {
        turn(opened);
      }
      commit(opened);
    } finally {
      member.revoked(member.progress().partitions());
    }
    LeatException why = refused;
    if (why != null) {
      stopped = true;
      member.refused(why);
    }
  }

  /** Whoever does not keep a group's order must not be in it. */
  private void refuseDisorder(Map<TopicPartition, OffsetAndMetadata> committed) {
    Membership membership = member.membership();
    for (OffsetAndMetadata known : committed.values()) {
      if (!membership.ordered()
          && known != null
          && PartitionProgress.read(known.offset(), known.metadata()).isOrdered()) {
        refused = membership.breaksOrder();
      }
    }
  }

  private void turn(KafkaConsumer<byte[], byte[]> opened) {
    pause(opened);
    List<HeldMessage> fetched = new ArrayList<>();
    for (ConsumerRecord<byte[], byte[]> record : opened.poll(TURN)) {
      TopicPartition partition = new TopicPartition(record.topic(), record.partition());
      member.progress().fetched(partition, record.offset());
      try {
        fetched.add(
            new HeldMessage(
                partition,
                Places.place(record),
                CloudEventRecord.read(record),
                CloudEventRecord.size(record)));
      } catch (BadMessage broken) {
        member.broken(partition, record, broken);
      }
    }
    if (fetched.isEmpty()) {
      // What transactions leave at the end of a partition is not there for anybody.
      opened.assignment().forEach(one -> member.progress().passed(one, opened.position(one)));
    } else {
      member.fetched(fetched);
    }
    CompletionTransactions transactions = member.transactions();
    if (transactions != null) {
      transactions.isInGroup(opened.groupMetadata());
      return;
    }
    Map<TopicPartition, OffsetAndMetadata> changed = member.progress().changed(false);
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
      if (failure instanceof RetriableException || isOfAnotherTime(failure)) {
        log.debug("stream={} was not committed, it is tried again", topic, failure);
      } else {
        faults.warn(
            "stream={} group={} what is completed is not committed, it is tried again: {}",
            topic,
            member.membership().group(),
            String.valueOf(KafkaFailures.of(failure).getMessage()));
      }
      member.progress().again(some.keySet());
    }
  }

  /** All that there is, and waits for it. */
  private void commit(KafkaConsumer<byte[], byte[]> opened) {
    CompletionTransactions transactions = member.transactions();
    if (transactions != null) {
      transactions.isInGroup(opened.groupMetadata());
      transactions.flush(FAREWELL);
      return;
    }
    Map<TopicPartition, OffsetAndMetadata> changed = member.progress().changed(true);
    if (changed.isEmpty()) {
      return;
    }
    try {
      opened.commitSync(changed, FAREWELL);
    } catch (RebalanceInProgressException | IllegalStateException gone) {
      log.debug("stream={} was not committed: others have it", topic, gone);
    } catch (KafkaException failure) {
      member.progress().again(changed.keySet());
      faults.warn(
          "stream={} group={} what was completed last is not committed, and is handed over again: {}",
          topic,
          member.membership().group(),
          String.valueOf(KafkaFailures.of(failure).getMessage()));
    }
  }

  /** Whether others have what was to be committed, since it was asked for. */
  private static boolean isOfAnotherTime(Exception failure) {
    return failure instanceof CommitFailedException
        || failure instanceof RebalanceInProgressException
        || failure instanceof UnknownMemberIdException
        || failure instanceof StaleMemberEpochException
        || failure instanceof FencedMemberEpochException
        || failure instanceof IllegalGenerationException;
  }

  private KafkaConsumer<byte[], byte[]> own() {
    return Objects.requireNonNull(consumer, "it is asked while it reads");
  }

  /** A node that is just gone is not asked in vain for long: others lead what it led. */
  @Override
  public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
    long end = System.nanoTime() + MOST_PATIENCE.toNanos();
    while (true) {
      try {
        take(partitions);
        return;
      } catch (RetriableException away) {
        if (stopped || System.nanoTime() > end) {
          throw away;
        }
        log.debug("stream={} where reading begins is asked for again", topic, away);
        LockSupport.parkNanos(PAUSE.toNanos());
      }
    }
  }

  private void take(Collection<TopicPartition> partitions) {
    KafkaConsumer<byte[], byte[]> own = own();
    Set<TopicPartition> all = Set.copyOf(partitions);
    Map<TopicPartition, PartitionProgress> progress = new HashMap<>();
    Map<TopicPartition, OffsetAndMetadata> committed = own.committed(all);
    refuseDisorder(committed);
    if (refused != null) {
      return;
    }
    Map<TopicPartition, Long> ends = own.endOffsets(all);
    List<TopicPartition> fresh = new ArrayList<>();
    for (TopicPartition one : all) {
      OffsetAndMetadata known = committed.get(one);
      if (known == null) {
        fresh.add(one);
      } else if (known.offset() > ends.getOrDefault(one, Long.MAX_VALUE)) {
        // It was made anew, or cut: what stands there now is not what was completed.
        Places.seek(own, List.of(one), Position.START);
        progress.put(one, new PartitionProgress(own.position(one)));
      } else {
        progress.put(one, PartitionProgress.read(known.offset(), known.metadata()));
        own.seek(one, known.offset());
      }
    }
    if (!fresh.isEmpty()) {
      beginAt(own, fresh, progress);
    }
    member.assigned(progress, Set.copyOf(fresh));
    // Whoever asks for its group once it has begun finds it.
    commit(own);
    member.begins();
  }

  /** Of what a topic was given since its group began nothing was read: all of it is the group's. */
  private void beginAt(
      KafkaConsumer<byte[], byte[]> own,
      List<TopicPartition> fresh,
      Map<TopicPartition, PartitionProgress> progress) {
    int many = own.partitionsFor(topic).size();
    int before = many;
    for (OffsetAndMetadata known : own.committed(Set.copyOf(Places.all(topic, many))).values()) {
      if (known != null) {
        before =
            Math.min(before, PartitionProgress.read(known.offset(), known.metadata()).partitions());
      }
    }
    List<TopicPartition> added = new ArrayList<>();
    List<TopicPartition> first = new ArrayList<>();
    for (TopicPartition one : fresh) {
      (one.partition() < before ? first : added).add(one);
    }
    Places.seek(own, first, member.membership().start());
    Places.seek(own, added, Position.START);
    for (TopicPartition one : fresh) {
      PartitionProgress begun = new PartitionProgress(own.position(one));
      begun.partitions(before);
      progress.put(one, begun);
    }
  }

  /**
   * What is at work on partitions that go is waited for, for a while: others would begin it once
   * more. Nothing else is fetched meanwhile.
   */
  @Override
  public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
    Set<TopicPartition> going = Set.copyOf(partitions);
    member.goes(going);
    // Its lease ends it, unless it is extended.
    long end = System.nanoTime() + MOST_PATIENCE.toNanos();
    while (!stopped && member.isAtWorkOn(going) && System.nanoTime() < end) {
      LockSupport.parkNanos(LOOK.toNanos());
    }
    commit(own());
    onPartitionsLost(partitions);
  }

  @Override
  public void onPartitionsLost(Collection<TopicPartition> partitions) {
    member.revoked(Set.copyOf(partitions));
  }
}
