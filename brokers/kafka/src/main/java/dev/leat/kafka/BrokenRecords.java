package dev.leat.kafka;

import dev.leat.BadMessage;
import dev.leat.Headers;
import dev.leat.Message;
import dev.leat.Payload;
import dev.leat.Problem;
import dev.leat.StreamRef;
import dev.leat.broker.Append;
import dev.leat.broker.EventLoop;
import dev.leat.broker.FaultLog;
import dev.leat.broker.Membership;
import dev.leat.wire.DeadLetter;
import dev.leat.wire.ProblemReply;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What becomes of records that break the protocol: nobody must be stopped by one. It is kept as it
 * is, and whoever waits for its reply is told. Any thread.
 */
final class BrokenRecords {
  private static final Logger log = LoggerFactory.getLogger(BrokenRecords.class);

  /** More are not fetched while so many are not kept yet. */
  private static final int MOST = 100;

  /** Until a dead letter is sent again that could not be sent; twice as long each time. */
  private static final Duration AGAIN = Duration.ofSeconds(1);

  private static final int LONGEST = 32;

  private final KafkaBroker broker;
  private final Membership membership;
  private final EventLoop loop;
  private final FaultLog faults;

  // Guarded by this.
  private final Deque<Broken> all = new ArrayDeque<>();
  private boolean isAtWork;
  private int pause = 1;
  private boolean closed;

  /** One, and what is to be sent because of it. */
  private record Broken(TopicPartition partition, Deque<Append> appends, Runnable kept) {}

  BrokenRecords(KafkaBroker broker, Membership membership, EventLoop loop) {
    this.broker = broker;
    this.membership = membership;
    this.loop = loop;
    this.faults = new FaultLog(log, loop.clock());
  }

  /**
   * Makes it a dead letter.
   *
   * @param kept runs once that is there
   */
  void add(ConsumerRecord<byte[], byte[]> record, BadMessage broken, Runnable kept) {
    String why = String.valueOf(broken.getMessage());
    faults.warn(
        "stream={} entry={} breaks the protocol, and is a dead letter: {}",
        record.topic(),
        Places.place(record),
        why);
    Deque<Append> appends = new ArrayDeque<>(2);
    appends.add(letter(record, why));
    String id = CloudEventRecord.id(record);
    String destination = CloudEventRecord.destination(record);
    if (membership.answers() && !id.isEmpty() && TopicNames.isForReplies(destination)) {
      Message asker = new Message(id, "", destination, Headers.NONE, "", Payload.EMPTY);
      Problem cause = Problem.of(400, DeadLetter.BROKEN_ENTRY, why);
      appends.add(
          new Append(
              new StreamRef.At(destination),
              ProblemReply.to(asker, cause, membership.topic().toString())));
    }
    TopicPartition partition = new TopicPartition(record.topic(), record.partition());
    synchronized (this) {
      all.add(new Broken(partition, appends, kept));
    }
    next();
  }

  private Append letter(ConsumerRecord<byte[], byte[]> record, String why) {
    String entry = Places.place(record).toString();
    Problem cause = Problem.of(400, DeadLetter.BROKEN_ENTRY, why);
    byte[] value = record.value() == null ? new byte[0] : record.value();
    Message letter = new Message(entry, "", "", Headers.NONE, "", Payload.binary(value));
    return new Append(
        membership.topic().deadLetters(),
        DeadLetter.of(letter, cause, 1, loop.wallClock().instant())
            .by(membership.group(), membership.member())
            .written());
  }

  synchronized boolean isFull() {
    return all.size() >= MOST;
  }

  /** Others have these partitions now. */
  synchronized void removeAll(Collection<TopicPartition> gone) {
    all.removeIf(one -> gone.contains(one.partition()));
  }

  synchronized void close() {
    closed = true;
    all.clear();
  }

  /** Sends what is to be sent next, one at a time. */
  private void next() {
    Broken one;
    synchronized (this) {
      one = all.peek();
      if (isAtWork || closed || one == null) {
        return;
      }
      isAtWork = true;
    }
    Append append = one.appends().peek();
    if (append == null) {
      done(one);
      return;
    }
    var unused =
        broker
            .append(List.of(append))
            .whenComplete((there, failure) -> loop.execute(() -> sent(one, append, failure)));
  }

  private void sent(Broken one, Append append, @Nullable Throwable failure) {
    boolean isReply = append.stream() instanceof StreamRef.At;
    boolean isRefused = failure != null && KafkaFailures.of(failure) instanceof BadMessage;
    if (failure == null || (isReply && isRefused)) {
      // Who cannot be told is not told.
      one.appends().remove();
      again();
    } else if (isRefused && append.message().payload().size() > 0) {
      // Its payload is larger than dead letters may be: that it was there is kept at least.
      one.appends().remove();
      one.appends().addFirst(new Append(append.stream(), append.message().withoutPayload()));
      again();
    } else {
      int factor;
      synchronized (this) {
        factor = pause;
        pause = Math.min(LONGEST, pause * 2);
      }
      var unused = loop.schedule(AGAIN.multipliedBy(factor), this::again);
    }
  }

  private void again() {
    synchronized (this) {
      isAtWork = false;
    }
    next();
  }

  private void done(Broken one) {
    boolean isThere;
    synchronized (this) {
      isThere = all.remove(one);
      isAtWork = false;
      pause = 1;
    }
    if (isThere) {
      one.kept().run();
    }
    next();
  }
}
