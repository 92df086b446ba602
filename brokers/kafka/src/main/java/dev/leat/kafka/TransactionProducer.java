package dev.leat.kafka;

import java.time.Duration;
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
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A producer of transactions, made anew under its id where one has failed for good. One thread. */
final class TransactionProducer {
  private static final Logger log = LoggerFactory.getLogger(TransactionProducer.class);
  private static final Duration PAUSE = Duration.ofMillis(500);
  private static final Duration FAREWELL = Duration.ofSeconds(1);

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

  /** A transaction was not committed, for one of its records cannot be sent. */
  static final class Refused extends RuntimeException {
    private static final long serialVersionUID = 1;
    private final int record;
    private final RuntimeException why;

    Refused(int record, RuntimeException why) {
      super(why);
      this.record = record;
      this.why = why;
    }

    /** Its place among the records. */
    int record() {
      return record;
    }

    RuntimeException why() {
      return why;
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
   * @throws Refused if it was not, because of one record
   * @throws RuntimeException if it was not
   */
  void transact(
      List<ProducerRecord<byte[], byte[]>> records,
      Map<TopicPartition, OffsetAndMetadata> offsets,
      ConsumerGroupMetadata group) {
    KafkaProducer<byte[], byte[]> own = opened();
    try {
      own.beginTransaction();
      send(own, records);
      own.sendOffsetsToTransaction(offsets, group);
      own.commitTransaction();
    } catch (InterruptException ending) {
      throw ending;
    } catch (RuntimeException failure) {
      if (isAborted(own)) {
        throw failure;
      }
      drop(Duration.ZERO);
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

  /** Sends them; of one that is refused at once it is known which it was. */
  private static void send(
      KafkaProducer<byte[], byte[]> own, List<ProducerRecord<byte[], byte[]>> records) {
    for (int i = 0; i < records.size(); i++) {
      Future<RecordMetadata> sent = own.send(records.get(i));
      if (sent.isDone()) {
        refuseFailed(i, sent);
      }
    }
  }

  private static void refuseFailed(int record, Future<RecordMetadata> sent) {
    try {
      Object unused = sent.get();
    } catch (ExecutionException refused) {
      // Others may have made it fail, which tells nothing of this one.
      if (refused.getCause() instanceof RecordTooLargeException
          || refused.getCause() instanceof TimeoutException) {
        throw new Refused(record, (RuntimeException) refused.getCause());
      }
    } catch (InterruptedException ending) {
      throw new InterruptException(ending);
    }
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
        drop(Duration.ZERO);
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
      } catch (AuthorizationException | AuthenticationException forbidden) {
        throw forbidden;
      } catch (KafkaException away) {
        log.debug("transactions={} is tried again", id, away);
        pause();
      }
    }
  }

  private void drop(Duration patience) {
    KafkaProducer<byte[], byte[]> own = producer;
    producer = null;
    if (own != null) {
      own.close(patience);
    }
  }

  /** What was begun is aborted: nobody has to wait for its time. */
  void close() {
    // Closing waits otherwise for what was interrupted.
    boolean wasInterrupted = Thread.interrupted();
    drop(FAREWELL);
    if (wasInterrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
