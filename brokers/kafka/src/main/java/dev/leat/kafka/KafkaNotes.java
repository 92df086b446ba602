package dev.leat.kafka;

import dev.leat.BadMessage;
import dev.leat.BrokerUnavailable;
import dev.leat.Message;
import dev.leat.Position;
import dev.leat.broker.Entry;
import dev.leat.broker.FaultLog;
import dev.leat.broker.Note;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Notes, in a topic of their own that is a log of all that is said of them: Kafka can compare and
 * set nothing, so whoever wants a note says so there, and reads along to see whether another was
 * first. It is read on a thread of its own, from the first question on. Any thread.
 */
final class KafkaNotes implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(KafkaNotes.class);
  private static final Duration TURN = Duration.ofMillis(500);

  /** At first all that is kept is read. */
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  /** What is said of one: that it is at work, perhaps that it still is, the answer, and marks. */
  private static final int SAID_OF_EACH = 4;

  /** Until what cannot be read is no more looked for. */
  private static final int LOOKS = 3;

  private final KafkaBroker broker;
  private final KafkaSettings settings;
  private final KafkaTopics topics;
  private final RangeReader ranges;
  private final FaultLog faults;
  private final String own = UUID.randomUUID().toString();
  private final AtomicLong count = new AtomicLong();
  private final Map<String, CompletableFuture<NotesView.Outcome>> asked = new ConcurrentHashMap<>();
  private final Thread thread;
  private volatile boolean closed;
  private volatile @Nullable KafkaConsumer<byte[], byte[]> reading;

  // Of its thread.
  private final NotesView view;
  private final Map<TopicPartition, Long> next = new HashMap<>();

  /** Those that were read from their very beginning. */
  private final Set<TopicPartition> whole = new HashSet<>();

  KafkaNotes(
      KafkaBroker broker,
      KafkaSettings settings,
      KafkaTopics topics,
      RangeReader ranges,
      InstantSource clock) {
    this.broker = broker;
    this.settings = settings;
    this.topics = topics;
    this.ranges = ranges;
    this.faults = new FaultLog(log, clock);
    this.view = new NotesView(settings.notes());
    this.thread = Thread.ofPlatform().name("leat-kafka-notes").daemon().unstarted(this::work);
  }

  /** Keeps one unless there is one, and which that is. */
  CompletionStage<Optional<Message>> claim(Note note) {
    return claim(note, "", LOOKS);
  }

  private CompletionStage<Optional<Message>> claim(Note note, String instead, int looks) {
    return ask(new NoteRecord(NoteRecord.Verb.CLAIM, note, token(), instead))
        .thenCompose(
            outcome -> {
              EntryPlace there = outcome.there();
              return there == null
                  ? CompletableFuture.completedStage(Optional.empty())
                  : read(there, note.key())
                      .thenCompose(
                          found -> {
                            if (found.isPresent()) {
                              return CompletableFuture.completedStage(found);
                            }
                            // Its topic has forgotten it already.
                            return looks > 0
                                ? claim(note, there.toString(), looks - 1)
                                : CompletableFuture.failedStage(
                                    new BrokerUnavailable(
                                        "what is known of a request cannot be read in topic "
                                            + TopicNames.NOTES));
                          });
            });
  }

  /** Keeps one for its time from now on, if it is there. */
  CompletionStage<Boolean> renew(Note note) {
    return ask(new NoteRecord(NoteRecord.Verb.RENEW, note, token(), ""))
        .thenApply(NotesView.Outcome::isDone);
  }

  private String token() {
    return own + "." + count.incrementAndGet();
  }

  private CompletionStage<NotesView.Outcome> ask(NoteRecord said) {
    CompletableFuture<NotesView.Outcome> decided = new CompletableFuture<>();
    asked.put(said.token(), decided);
    begin();
    var unused =
        broker
            .append(List.of(said.written()))
            .whenComplete(
                (there, failure) -> {
                  if (failure != null) {
                    decided.completeExceptionally(KafkaFailures.of(failure));
                  }
                });
    return decided
        .orTimeout(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)
        .whenComplete((outcome, failure) -> asked.remove(said.token()))
        .exceptionallyCompose(failure -> CompletableFuture.failedStage(failed(failure)));
  }

  private static RuntimeException failed(Throwable failure) {
    Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
    return cause instanceof TimeoutException
        ? new BrokerUnavailable(
            "what is known of idempotent requests, in topic %s, was not read within %d seconds"
                .formatted(TopicNames.NOTES, PATIENCE.toSeconds()),
            cause)
        : KafkaFailures.of(failure);
  }

  /** What stands there, if it is that note still: the topic may have been made anew. */
  private CompletionStage<Optional<Message>> read(EntryPlace place, String key) {
    TopicPartition partition = new TopicPartition(TopicNames.NOTES, place.partition());
    KafkaOffsets.Bounds one =
        new KafkaOffsets.Bounds(
            Map.of(partition, place.offset()), Map.of(partition, place.offset() + 1));
    return ranges
        .read(one, Map.of(), Position.START, 1)
        .thenApply(
            found ->
                found.stream()
                    .filter(entry -> entry.id().equals(place.toString()))
                    .map(Entry::message)
                    .filter(written -> NoteRecord.read(written).note().key().equals(key))
                    .map(NoteRecord::message)
                    .findFirst());
  }

  private synchronized void begin() {
    if (closed) {
      throw new BrokerUnavailable("the broker is closed");
    }
    if (thread.getState() == Thread.State.NEW) {
      thread.start();
    }
  }

  // On its thread

  private void work() {
    ReadingLoop.run(
        "what is known of idempotent requests is",
        faults,
        () -> closed,
        () -> {
          int partitions = topics.partitions(TopicNames.NOTES).join();
          read(partitions);
        },
        failure -> {});
  }

  private void read(int partitions) {
    List<TopicPartition> all = Places.all(TopicNames.NOTES, partitions);
    try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(settings.consumer())) {
      consumer.assign(all);
      seek(consumer, all);
      reading = consumer;
      while (!closed && topics.lastKnown(TopicNames.NOTES, partitions) == partitions) {
        for (ConsumerRecord<byte[], byte[]> record : consumer.poll(TURN)) {
          next.put(new TopicPartition(record.topic(), record.partition()), record.offset() + 1);
          take(record);
        }
      }
    } catch (WakeupException ending) {
      log.debug("notes are not read any more");
    } finally {
      reading = null;
    }
  }

  /** The newest of them, as many as are known; and where it was read before, what came since. */
  private void seek(KafkaConsumer<byte[], byte[]> consumer, List<TopicPartition> all) {
    long share = (long) settings.notes() * SAID_OF_EACH / all.size() + 1;
    Map<TopicPartition, Long> begins = consumer.beginningOffsets(all);
    Map<TopicPartition, Long> ends = consumer.endOffsets(all);
    for (TopicPartition one : all) {
      long begin = begins.getOrDefault(one, 0L);
      long end = ends.getOrDefault(one, 0L);
      long known = next.getOrDefault(one, -1L);
      if (known >= 0 && known <= end) {
        consumer.seek(one, Math.max(begin, known));
        continue;
      }
      if (known > end) {
        // It was made anew, and has nothing of what was read.
        view.clear();
      }
      long from = Math.max(begin, end - share);
      whole.remove(one);
      if (from == 0) {
        whole.add(one);
      }
      consumer.seek(one, from);
    }
  }

  private void take(ConsumerRecord<byte[], byte[]> record) {
    NoteRecord said;
    try {
      said = NoteRecord.read(CloudEventRecord.read(record));
    } catch (BadMessage foreign) {
      log.debug("topic={} offset={} is no note", record.topic(), record.offset(), foreign);
      return;
    }
    boolean isWhole = whole.contains(new TopicPartition(record.topic(), record.partition()));
    NotesView.Outcome outcome = view.apply(said, Places.place(record), isWhole);
    CompletableFuture<NotesView.Outcome> waits = asked.get(said.token());
    if (waits != null) {
      waits.complete(outcome);
    }
  }

  @Override
  public void close() {
    synchronized (this) {
      closed = true;
    }
    KafkaConsumer<byte[], byte[]> open = reading;
    if (open != null) {
      open.wakeup();
    }
    asked
        .values()
        .forEach(one -> one.completeExceptionally(new BrokerUnavailable("the broker is closed")));
  }
}
