package dev.leat.kafka;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListConsumerGroupOffsetsOptions;
import org.apache.kafka.clients.admin.ListConsumerGroupOffsetsSpec;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.TransactionAbortedException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A producer of transactions, made anew under its id where one has failed for good. One thread. */
final class TransactionProducer {
  private static final Logger log = LoggerFactory.getLogger(TransactionProducer.class);
  private static final Duration PAUSE = Duration.ofMillis(500);

  /** It is not known whether a transaction was committed; what it did can be looked at now. */
  static final class Unknown extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final RuntimeException cause;

    Unknown(RuntimeException cause) {
      super(cause);
      this.cause = cause;
    }

    RuntimeException cause() {
      return cause;
    }
  }

  private final KafkaSettings settings;
  private final Admin admin;
  private final String id;
  private @Nullable KafkaProducer<byte[], byte[]> producer;

  TransactionProducer(KafkaSettings settings, Admin admin, String id) {
    this.settings = settings;
    this.admin = admin;
    this.id = id;
  }

  /**
   * Sends records and commits how far a group is, both or neither.
   *
   * @throws Unknown if it may have been done
   * @throws RuntimeException if it was not
   */
  void transact(
      List<ProducerRecord<byte[], byte[]>> records,
      Map<TopicPartition, OffsetAndMetadata> offsets,
      ConsumerGroupMetadata group) {
    KafkaProducer<byte[], byte[]> own = opened();
    List<Future<RecordMetadata>> sent = new ArrayList<>(records.size());
    try {
      own.beginTransaction();
      records.forEach(one -> sent.add(own.send(one)));
      own.sendOffsetsToTransaction(offsets, group);
      own.commitTransaction();
    } catch (InterruptException ending) {
      throw ending;
    } catch (RuntimeException failure) {
      if (isAborted(own)) {
        throw cause(sent, failure);
      }
      drop();
      awaitOpened();
      throw new Unknown(failure);
    }
  }

  private static boolean isAborted(KafkaProducer<byte[], byte[]> own) {
    try {
      own.abortTransaction();
      return true;
    } catch (KafkaException | IllegalStateException unknown) {
      log.debug("a transaction may have been committed, or not", unknown);
      return false;
    }
  }

  /** Why a record was not sent, rather than that the transaction was not committed for it. */
  private static RuntimeException cause(
      List<Future<RecordMetadata>> sent, RuntimeException failure) {
    for (Future<RecordMetadata> one : sent) {
      if (one.isDone()) {
        try {
          Object unused = one.get();
        } catch (ExecutionException refused) {
          // Others fail since it does.
          if (refused.getCause() instanceof RuntimeException why
              && !(why instanceof TransactionAbortedException)) {
            return why;
          }
        } catch (InterruptedException ending) {
          throw new InterruptException(ending);
        }
      }
    }
    return failure;
  }

  /** Whether it is committed that a group has completed an entry; waits for an answer. */
  boolean isCommitted(ConsumerGroupMetadata group, TopicPartition partition, long offset) {
    while (true) {
      try {
        return isDone(group, partition, offset);
      } catch (CompletionException away) {
        log.debug("group={} what is committed is asked for again", group.groupId(), away);
        pause();
      }
    }
  }

  private static void pause() {
    LockSupport.parkNanos(PAUSE.toNanos());
    if (Thread.currentThread().isInterrupted()) {
      throw new InterruptException("it is closed");
    }
  }

  private boolean isDone(ConsumerGroupMetadata group, TopicPartition partition, long offset) {
    ListConsumerGroupOffsetsOptions stable =
        new ListConsumerGroupOffsetsOptions().requireStable(true);
    ListConsumerGroupOffsetsSpec one =
        new ListConsumerGroupOffsetsSpec().topicPartitions(List.of(partition));
    OffsetAndMetadata known =
        KafkaFailures.stage(
                admin
                    .listConsumerGroupOffsets(Map.of(group.groupId(), one), stable)
                    .partitionsToOffsetAndMetadata(group.groupId()))
            .toCompletableFuture()
            .join()
            .get(partition);
    return known != null && PartitionProgress.read(known.offset(), known.metadata()).isDone(offset);
  }

  private KafkaProducer<byte[], byte[]> opened() {
    KafkaProducer<byte[], byte[]> own = producer;
    if (own == null) {
      own = new KafkaProducer<>(settings.transactional(id));
      producer = own;
      try {
        // What was begun under its id, and not ended, is ended.
        own.initTransactions();
      } catch (RuntimeException away) {
        drop();
        throw away;
      }
    }
    return own;
  }

  /** What is not known can be told only then. */
  private void awaitOpened() {
    while (producer == null) {
      try {
        Object unused = opened();
      } catch (InterruptException ending) {
        throw ending;
      } catch (KafkaException away) {
        log.debug("transactions={} is tried again", id, away);
        pause();
      }
    }
  }

  private void drop() {
    KafkaProducer<byte[], byte[]> own = producer;
    producer = null;
    if (own != null) {
      own.close(Duration.ZERO);
    }
  }

  void close() {
    // Closing waits otherwise for what was interrupted.
    boolean wasInterrupted = Thread.interrupted();
    drop();
    if (wasInterrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
