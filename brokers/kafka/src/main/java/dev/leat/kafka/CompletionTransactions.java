package dev.leat.kafka;

import static java.util.stream.Collectors.toList;

import dev.leat.BrokerUnavailable;
import dev.leat.broker.Append;
import dev.leat.broker.FaultLog;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends what a member holds in transactions of Kafka: what is appended, what is kept and that it is
 * completed, all of it or nothing. What is to be ended at a time goes in one, on a thread of its
 * own; whatever else the member commits goes with it, for of two commits the later one counts.
 */
final class CompletionTransactions {
  private static final Logger log = LoggerFactory.getLogger(CompletionTransactions.class);

  /** In one transaction, which takes some milliseconds however many they are. */
  private static final int MOST = 500;

  private static final Duration FAREWELL = Duration.ofSeconds(2);
  private static final Duration TURN = Duration.ofMillis(50);
  private static final Duration PAUSE = Duration.ofMillis(50);

  /** How often one is tried where the group is being divided anew. */
  private static final int ATTEMPTS = 20;

  private final KafkaMember member;
  private final Appends appends;
  private final TransactionProducer producer;
  private final FaultLog faults;
  private final BlockingQueue<Task> tasks = new LinkedBlockingQueue<>();
  private final Thread thread;
  private volatile @Nullable ConsumerGroupMetadata group;
  private volatile boolean closed;

  /**
   * Not at work yet.
   *
   * @param producer of this member alone
   */
  CompletionTransactions(
      KafkaMember member, Appends appends, TransactionProducer producer, InstantSource clock) {
    this.member = member;
    this.appends = appends;
    this.producer = producer;
    this.faults = new FaultLog(log, clock);
    this.thread =
        Thread.ofPlatform().name("leat-kafka-transactions").daemon().unstarted(this::work);
  }

  void start() {
    thread.start();
  }

  private sealed interface Task {}

  /** Something is to be ended, whose records are known, and their topics there. */
  private record Ending(
      KafkaDelivery delivery,
      List<ProducerRecord<byte[], byte[]>> records,
      CompletableFuture<Boolean> ended)
      implements Task {
    HeldMessage held() {
      return delivery.held();
    }
  }

  /** All that is to be committed is to be so. */
  private record Flush(CompletableFuture<Void> done) implements Task {}

  /** Any thread. Whether it was held still; if not, nothing was appended. */
  CompletionStage<Boolean> complete(KafkaDelivery delivery, List<Append> steps) {
    CompletableFuture<Boolean> ended = new CompletableFuture<>();
    var unused =
        records(steps)
            .whenComplete(
                (records, failure) -> {
                  if (failure == null) {
                    add(new Ending(delivery, records, ended));
                  } else {
                    ended.completeExceptionally(KafkaFailures.of(failure));
                  }
                });
    return ended;
  }

  private CompletableFuture<List<ProducerRecord<byte[], byte[]>>> records(List<Append> steps) {
    List<CompletableFuture<Optional<ProducerRecord<byte[], byte[]>>>> all = new ArrayList<>();
    steps.forEach(one -> all.add(appends.record(one)));
    return CompletableFuture.allOf(all.toArray(CompletableFuture[]::new))
        .thenApply(
            done -> all.stream().map(CompletableFuture::join).flatMap(Optional::stream).toList());
  }

  private void add(Task task) {
    tasks.add(task);
    if (closed) {
      refuseAll();
    }
  }

  /** How its consumer stands in its group; on that one's thread, again and again. */
  void isInGroup(ConsumerGroupMetadata now) {
    group = now;
  }

  /** Waits until all that was done by now is committed, or that has failed; for a while. */
  void flush(Duration patience) {
    CompletableFuture<Void> done = new CompletableFuture<>();
    add(new Flush(done));
    try {
      done.orTimeout(patience.toMillis(), TimeUnit.MILLISECONDS).join();
    } catch (CompletionException late) {
      if (late.getCause() instanceof TimeoutException) {
        faults.warn(
            "group={} what was completed last is perhaps not committed, and handed over again",
            member.membership().group());
      }
    }
  }

  /** What is still to be ended is not. */
  void close() {
    closed = true;
    try {
      // The one under way ends, in one way or the other.
      boolean unused = thread.join(FAREWELL);
    } catch (InterruptedException now) {
      Thread.currentThread().interrupt();
    }
    thread.interrupt();
    refuseAll();
  }

  private void refuseAll() {
    for (Task task = tasks.poll(); task != null; task = tasks.poll()) {
      refuse(task);
    }
  }

  private static void refuse(Task task) {
    BrokerUnavailable ended = new BrokerUnavailable("reading has ended");
    switch (task) {
      case Ending ending -> ending.ended().completeExceptionally(ended);
      case Flush flush -> flush.done().completeExceptionally(ended);
    }
  }

  // On its thread

  private void work() {
    List<Task> batch = new ArrayList<>();
    try {
      while (!closed) {
        Task first = tasks.poll(TURN.toMillis(), TimeUnit.MILLISECONDS);
        if (first != null) {
          batch.add(first);
          tasks.drainTo(batch, MOST - 1);
        }
        commitAndGoOn(batch);
        batch.clear();
      }
    } catch (InterruptedException | InterruptException ending) {
      log.debug("group={} commits nothing any more", member.membership().group());
    } finally {
      closed = true;
      batch.forEach(CompletionTransactions::refuse);
      refuseAll();
      producer.close();
    }
  }

  private void commitAndGoOn(List<Task> batch) {
    try {
      commit(batch);
    } catch (InterruptException ending) {
      throw ending;
    } catch (RuntimeException | Error failure) {
      log.warn("group={} what was done is not committed", member.membership().group(), failure);
      for (Task task : batch) {
        switch (task) {
          case Ending one -> {
            one.delivery().endsNot();
            one.ended().completeExceptionally(KafkaFailures.of(failure));
          }
          case Flush flush -> flush.done().complete(null);
        }
      }
    }
  }

  private void commit(List<Task> batch) {
    List<Flush> flushes = new ArrayList<>();
    List<Ending> endings = new ArrayList<>();
    for (Task task : batch) {
      switch (task) {
        case Ending ending -> endings.add(ending);
        case Flush flush -> flushes.add(flush);
      }
    }
    commit(endings, !flushes.isEmpty(), ATTEMPTS);
    flushes.forEach(one -> one.done().complete(null));
  }

  /** Ends those that are held still, and commits whatever else there is. */
  private void commit(List<Ending> asked, boolean isLast, int attempts) {
    ConsumerGroupMetadata own = group;
    if (own == null) {
      asked.forEach(one -> one.ended().complete(false));
      return;
    }
    List<Ending> held =
        asked.stream().filter(one -> member.beginsToEnd(one.delivery())).collect(toList());
    List<HeldMessage> fitting = held.stream().map(Ending::held).collect(toList());
    Map<TopicPartition, OffsetAndMetadata> offsets = member.progress().changedWith(fitting, isLast);
    Set<HeldMessage> included = Set.copyOf(fitting);
    for (Ending one : asked) {
      if (!held.contains(one)) {
        one.ended().complete(false);
      } else if (!included.contains(one.held())) {
        isNotYet(one);
      }
    }
    held.removeIf(one -> !included.contains(one.held()));
    if (offsets.isEmpty()) {
      return;
    }
    try {
      producer.transact(
          held.stream().flatMap(one -> one.records().stream()).toList(), offsets, own);
      held.forEach(this::ended);
    } catch (InterruptException ending) {
      throw ending;
    } catch (TransactionProducer.Unknown unknown) {
      member.progress().again(offsets.keySet());
      failed(leftOf(held, own), isLast, attempts, unknown.cause());
    } catch (RuntimeException undone) {
      member.progress().again(offsets.keySet());
      failed(held, isLast, attempts, undone);
    }
  }

  /** Others have its partition, or too much is completed around it to write that down. */
  private void isNotYet(Ending one) {
    one.delivery().endsNot();
    if (member.progress().has(one.held().partition())) {
      CompletableFuture.delayedExecutor(PAUSE.toMillis(), TimeUnit.MILLISECONDS)
          .execute(() -> add(one));
    } else {
      one.ended().complete(false);
    }
  }

  /** Those that were not ended, as far as that is known. */
  private List<Ending> leftOf(List<Ending> asked, ConsumerGroupMetadata own) {
    List<Ending> left = new ArrayList<>();
    for (Ending one : asked) {
      if (producer.isCommitted(own, one.held().partition(), one.held().place().offset())) {
        ended(one);
      } else {
        left.add(one);
      }
    }
    return left;
  }

  private void ended(Ending one) {
    boolean unused = member.completed(one.delivery());
    one.ended().complete(true);
  }

  private void failed(List<Ending> left, boolean isLast, int attempts, RuntimeException failure) {
    left.forEach(one -> one.delivery().endsNot());
    if (failure instanceof TransactionProducer.Refused refused) {
      // One that cannot be sent is not to stop the others.
      Ending culprit = of(left, refused.record());
      forget(culprit, refused.why());
      culprit.ended().completeExceptionally(KafkaFailures.of(refused.why()));
      commit(left.stream().filter(one -> !one.equals(culprit)).toList(), isLast, attempts);
    } else if (isOfDivision(failure) && attempts > 0 && !closed) {
      log.debug("group={} is being divided anew", member.membership().group(), failure);
      LockSupport.parkNanos(PAUSE.toNanos());
      commit(left, isLast, attempts - 1);
    } else if (left.size() > 1 && !(failure instanceof RetriableException)) {
      int half = left.size() / 2;
      commit(left.subList(0, half), isLast, attempts);
      commit(left.subList(half, left.size()), isLast, attempts);
    } else {
      if (left.isEmpty()) {
        faults.warn(
            "group={} what was done is not committed, it is tried again: {}",
            member.membership().group(),
            String.valueOf(KafkaFailures.of(failure).getMessage()));
      }
      left.forEach(one -> one.ended().completeExceptionally(KafkaFailures.of(failure)));
    }
  }

  private static Ending of(List<Ending> all, int record) {
    int before = record;
    for (Ending one : all) {
      if (before < one.records().size()) {
        return one;
      }
      before -= one.records().size();
    }
    throw new IllegalStateException("there is no record " + record);
  }

  /** Its topic may be deleted. */
  private void forget(Ending culprit, RuntimeException why) {
    if (why instanceof org.apache.kafka.common.errors.TimeoutException
        || why instanceof UnknownTopicOrPartitionException) {
      appends.lost(culprit.records().stream().map(ProducerRecord::topic).toList());
    }
  }

  /** Whether its consumer hears only now how it stands in its group. */
  private static boolean isOfDivision(Throwable failure) {
    return failure instanceof CommitFailedException
        || failure.getCause() instanceof CommitFailedException;
  }
}
