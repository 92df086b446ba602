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
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What becomes of records that break the protocol: nobody must be stopped by one. It is kept as it
 * is, and whoever waits for its reply is told. Any thread.
 */
final class BrokenRecords {
  private static final Logger log = LoggerFactory.getLogger(BrokenRecords.class);

  /** Until a dead letter is sent again that could not be sent. */
  private static final Duration AGAIN = Duration.ofSeconds(1);

  private final KafkaBroker broker;
  private final Membership membership;
  private final EventLoop loop;
  private final FaultLog faults;

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
    String entry = Places.place(record).toString();
    faults.warn(
        "stream={} entry={} breaks the protocol, and is a dead letter: {}",
        record.topic(),
        entry,
        why);
    Problem cause = Problem.of(400, DeadLetter.BROKEN_ENTRY, why);
    byte[] value = record.value() == null ? new byte[0] : record.value();
    Message letter = new Message(entry, "", "", Headers.NONE, "", Payload.binary(value));
    List<Append> appends = new ArrayList<>(2);
    appends.add(
        new Append(
            membership.topic().deadLetters(),
            DeadLetter.of(letter, cause, 1, loop.wallClock().instant())
                .by(membership.group(), membership.member())
                .written()));
    String id = CloudEventRecord.id(record);
    String destination = CloudEventRecord.destination(record);
    if (membership.answers() && !id.isEmpty() && TopicNames.isForReplies(destination)) {
      Message asker = new Message(id, "", destination, Headers.NONE, "", Payload.EMPTY);
      appends.add(
          new Append(
              new StreamRef.At(destination),
              ProblemReply.to(asker, cause, membership.topic().toString())));
    }
    var unused =
        broker
            .append(appends)
            .whenComplete(
                (there, failure) -> {
                  if (failure == null) {
                    kept.run();
                  } else {
                    var unusedTimer = loop.schedule(AGAIN, () -> add(record, broken, kept));
                  }
                });
  }
}
