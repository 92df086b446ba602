package dev.leat.kafka;

import dev.leat.BrokerUnavailable;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/** Topics of Kafka, which are made when they are first used. Any thread. */
final class KafkaTopics {
  /** Between two looks at whether a topic that was made is there. */
  private static final long PAUSE_MILLIS = 50;

  private static final int LOOKS = 100;

  private static final int LED_MILLIS = 2_000;

  /** Replies are of use for moments, and for who looks at them later. */
  private static final Map<String, String> OF_REPLIES =
      Map.of(
          TopicConfig.RETENTION_MS_CONFIG, "3600000",
          TopicConfig.SEGMENT_MS_CONFIG, "600000");

  /** Who takes part says so again and again. */
  private static final Map<String, String> OF_PARTICIPANTS =
      Map.of(
          TopicConfig.RETENTION_MS_CONFIG, "60000",
          TopicConfig.SEGMENT_MS_CONFIG, "60000");

  /** Twice as long as answers are kept where nobody says otherwise; in portions that can go. */
  private static final Map<String, String> OF_NOTES =
      Map.of(
          TopicConfig.RETENTION_MS_CONFIG, "172800000",
          TopicConfig.SEGMENT_MS_CONFIG, "21600000");

  /** Each process reads all of them. */
  private static final int NOTES_PARTITIONS = 8;

  /** After which a topic is looked at again: it may have been given more partitions. */
  private static final long FRESH_NANOS = Duration.ofSeconds(10).toNanos();

  /** How many are made at a time. */
  private static final int MADE_AT_ONCE = 8;

  private final Admin admin;
  private final KafkaSettings settings;

  /** How many partitions each has, or who asks. */
  private final Map<String, CompletableFuture<Integer>> known = new ConcurrentHashMap<>();

  private final Map<String, Long> lookedAt = new ConcurrentHashMap<>();
  private final Set<String> looking = ConcurrentHashMap.newKeySet();

  // Guarded by this.
  private final Deque<Runnable> toBeMade = new ArrayDeque<>();
  private int beingMade;

  KafkaTopics(Admin admin, KafkaSettings settings) {
    this.admin = admin;
    this.settings = settings;
  }

  /** How many partitions a topic has, which is made if it is not there. */
  CompletableFuture<Integer> partitions(String topic) {
    CompletableFuture<Integer> before = known.get(topic);
    if (before != null) {
      lookNowAndThen(topic);
      return before;
    }
    CompletableFuture<Integer> asked = new CompletableFuture<>();
    CompletableFuture<Integer> other = known.putIfAbsent(topic, asked);
    if (other != null) {
      return other;
    }
    var unused =
        described(topic)
            .thenCompose(
                there ->
                    there.isPresent()
                        ? CompletableFuture.completedStage(there.get())
                        : inTurn(() -> make(topic)))
            .whenComplete(
                (many, failure) -> {
                  if (failure == null) {
                    lookedAt.put(topic, System.nanoTime());
                    asked.complete(many);
                  } else {
                    known.remove(topic, asked);
                    asked.completeExceptionally(KafkaFailures.of(failure));
                  }
                });
    return asked;
  }

  /** The same of one that is perhaps not there, and is not made. */
  CompletionStage<Optional<Integer>> existing(String topic) {
    Optional<Integer> before = knownNow(topic);
    return before.isPresent() && isFresh(topic)
        ? CompletableFuture.completedStage(before)
        : lookAgain(topic);
  }

  /** The same, whenever it was looked at before. */
  CompletionStage<Optional<Integer>> lookAgain(String topic) {
    return described(topic).thenApply(there -> noted(topic, there));
  }

  /** How many it has as far as is known, without waiting. */
  int lastKnown(String topic, int otherwise) {
    lookNowAndThen(topic);
    return knownNow(topic).orElse(otherwise);
  }

  private Optional<Integer> knownNow(String topic) {
    return Optional.ofNullable(known.get(topic))
        .filter(asked -> asked.state() == Future.State.SUCCESS)
        .map(CompletableFuture::resultNow);
  }

  /** Deletes one, and all that stands in it. */
  CompletionStage<Boolean> delete(String topic) {
    return admin
        .deleteTopics(List.of(topic))
        .all()
        .toCompletionStage()
        .handle(
            (done, failure) -> {
              forget(topic);
              Throwable cause =
                  failure == null || failure.getCause() == null ? failure : failure.getCause();
              if (cause == null || cause instanceof UnknownTopicOrPartitionException) {
                return true;
              }
              throw KafkaFailures.of(cause);
            });
  }

  /** It was deleted, it seems: it is looked for, and made, when it is asked for next. */
  void forget(String topic) {
    CompletableFuture<Integer> before = known.get(topic);
    if (before != null && before.isDone()) {
      known.remove(topic, before);
    }
  }

  private boolean isFresh(String topic) {
    Long at = lookedAt.get(topic);
    return at != null && System.nanoTime() - at < FRESH_NANOS;
  }

  private void lookNowAndThen(String topic) {
    if (!isFresh(topic) && looking.add(topic)) {
      var unused = lookAgain(topic).whenComplete((done, failure) -> looking.remove(topic));
    }
  }

  private Optional<Integer> noted(String topic, Optional<Integer> there) {
    lookedAt.put(topic, System.nanoTime());
    if (there.isPresent()) {
      known.computeIfPresent(
          topic,
          (same, before) ->
              before.isDone() && before.getNow(0) < there.get()
                  ? CompletableFuture.completedFuture(there.get())
                  : before);
    } else {
      forget(topic);
    }
    return there;
  }

  /** Asks the cluster. */
  private CompletionStage<Optional<Integer>> described(String topic) {
    return describe(topic)
        .thenApply(KafkaTopics::partitions)
        .exceptionallyCompose(
            failure -> {
              Throwable cause = failure.getCause() == null ? failure : failure.getCause();
              if (cause instanceof UnknownTopicOrPartitionException) {
                return CompletableFuture.completedStage(Optional.empty());
              }
              return CompletableFuture.failedStage(
                  cause instanceof TopicAuthorizationException
                      ? KafkaFailures.of(new TopicAuthorizationException(Set.of(topic)))
                      : KafkaFailures.of(failure));
            });
  }

  /** Hundreds that are made at once would keep a cluster from all else. */
  private <T> CompletionStage<T> inTurn(Supplier<CompletionStage<T>> made) {
    CompletableFuture<T> result = new CompletableFuture<>();
    Runnable begin =
        () -> {
          var unused =
              made.get()
                  .whenComplete(
                      (done, failure) -> {
                        nextIsMade();
                        if (failure == null) {
                          result.complete(done);
                        } else {
                          result.completeExceptionally(failure);
                        }
                      });
        };
    synchronized (this) {
      if (beingMade >= MADE_AT_ONCE) {
        toBeMade.add(begin);
        return result;
      }
      beingMade++;
    }
    begin.run();
    return result;
  }

  private void nextIsMade() {
    Runnable next;
    synchronized (this) {
      next = toBeMade.poll();
      beingMade -= next == null ? 1 : 0;
    }
    if (next != null) {
      next.run();
    }
  }

  /** The nodes that lead its partitions, in their order; below 0 where none does. */
  CompletionStage<List<Integer>> leaders(String topic) {
    return describe(topic)
        .thenApply(
            described ->
                described.partitions().stream()
                    .map(one -> one.leader() == null ? -1 : one.leader().id())
                    .toList());
  }

  private CompletionStage<TopicDescription> describe(String topic) {
    return Objects.requireNonNull(
            admin.describeTopics(List.of(topic)).topicNameValues().get(topic), "what was asked for")
        .toCompletionStage();
  }

  private static Optional<Integer> partitions(TopicDescription described) {
    return Optional.of(described.partitions().size());
  }

  private CompletionStage<Integer> make(String topic) {
    int partitions = partitionsOf(topic);
    Map<String, String> configs = new HashMap<>();
    // By the clock of one that all know: entries stand by their time.
    configs.put(TopicConfig.MESSAGE_TIMESTAMP_TYPE_CONFIG, "LogAppendTime");
    if (topic.equals(TopicNames.REPLIES)) {
      configs.putAll(OF_REPLIES);
    } else if (topic.equals(TopicNames.PARTICIPANTS)) {
      configs.putAll(OF_PARTICIPANTS);
    } else if (topic.equals(TopicNames.NOTES)) {
      configs.putAll(OF_NOTES);
    }
    NewTopic made = new NewTopic(topic, Optional.of(partitions), settings.replication());
    return admin
        .createTopics(List.of(made.configs(configs)))
        .all()
        .toCompletionStage()
        .handle(
            (done, failure) -> {
              Throwable cause =
                  failure == null || failure.getCause() == null ? failure : failure.getCause();
              if (cause == null || cause instanceof TopicExistsException) {
                return untilThere(topic, LOOKS);
              }
              throw cause instanceof TopicAuthorizationException
                  ? new BrokerUnavailable(
                      "topic %s is not there, and may not be made here: make it with %d partitions and message.timestamp.type=LogAppendTime"
                          .formatted(topic, partitions),
                      cause)
                  : KafkaFailures.of(cause);
            })
        .thenCompose(there -> there);
  }

  private int partitionsOf(String topic) {
    if (topic.equals(TopicNames.NOTES)) {
      return Math.min(NOTES_PARTITIONS, settings.partitions());
    }
    boolean isShared =
        (TopicNames.isIncoming(topic) && !TopicNames.isOfReplay(topic))
            || topic.equals(TopicNames.REPLIES);
    return isShared ? settings.partitions() : 1;
  }

  /**
   * Empty while a partition has no leader that answers. What several batches are sent to before may
   * take the second first, and then refuses the first for good.
   */
  private CompletionStage<Optional<Integer>> whenLed(String topic, int partitions) {
    Map<TopicPartition, OffsetSpec> asked = new HashMap<>();
    Places.all(topic, partitions).forEach(one -> asked.put(one, OffsetSpec.latest()));
    ListOffsetsOptions once = new ListOffsetsOptions().timeoutMs(LED_MILLIS);
    return admin
        .listOffsets(asked, once)
        .all()
        .toCompletionStage()
        .handle((led, failure) -> failure == null ? Optional.of(partitions) : Optional.empty());
  }

  private CompletionStage<Integer> untilThere(String topic, int looks) {
    return described(topic)
        .thenCompose(
            there ->
                there.isPresent()
                    ? whenLed(topic, there.get())
                    : CompletableFuture.completedStage(there))
        .thenCompose(
            there -> {
              if (there.isPresent()) {
                return CompletableFuture.completedStage(there.get());
              }
              if (looks == 0) {
                return CompletableFuture.failedStage(
                    new BrokerUnavailable("topic %s was made, and is not there".formatted(topic)));
              }
              Executor later =
                  CompletableFuture.delayedExecutor(PAUSE_MILLIS, TimeUnit.MILLISECONDS);
              return CompletableFuture.supplyAsync(() -> looks - 1, later)
                  .thenCompose(left -> untilThere(topic, left));
            });
  }
}
