package dev.leat.trail;

import dev.leat.Headers;
import dev.leat.Message;
import dev.leat.MessageId;
import dev.leat.Position;
import dev.leat.StreamRef;
import dev.leat.broker.Append;
import dev.leat.broker.Broker;
import dev.leat.broker.Capability;
import dev.leat.broker.Entry;
import dev.leat.wire.PayloadCodec;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;

/**
 * What people have had done to messages, and who: a stream of the broker, of which the last 10,000
 * entries are kept. Blocks; any thread.
 */
public final class AuditLog {
  private static final long KEPT = 10_000;

  private final Broker broker;
  private final MessageId ids = MessageId.secure(InstantSource.system());

  /** The one of a broker. */
  public AuditLog(Broker broker) {
    this.broker = broker;
  }

  /**
   * Something that was done.
   *
   * @param at when, by the broker's clock
   * @param id of what was done, where it has one, as a replay; else of this entry
   * @param action such as {@code redrive}
   * @param topic that it was about
   * @param by who had it done
   */
  public record Action(
      Instant at, String id, String action, String topic, String by, Message entry) {
    /** What was written down with it. */
    public <T> T details(Class<T> kind) {
      return PayloadCodec.read(entry, kind);
    }
  }

  /** Writes something down. */
  public void add(String action, String topic, String by, Object details) {
    add(ids.next(), action, topic, by, details);
  }

  /** The same of something that has an id. */
  public void add(String id, String action, String topic, String by, Object details) {
    StreamRef stream = InternalTopics.AUDIT.incoming();
    Headers headers = Headers.of("topic", topic);
    Message entry = new Message(id, action, "", headers, by, PayloadCodec.write(details));
    StreamScan.result(broker.append(new Append(stream, entry)));
    if (broker.capabilities().contains(Capability.TRIM)) {
      StreamScan.result(broker.trim(stream, KEPT));
    }
  }

  /** What was done, oldest first. Needs {@link Capability#RANGE}. */
  public List<Action> all() {
    broker.require(Capability.RANGE);
    List<Action> all = new ArrayList<>();
    StreamScan.forEach(
        broker,
        InternalTopics.AUDIT.incoming(),
        Position.START,
        StreamScan.EVER,
        Long.MAX_VALUE,
        entry -> all.add(read(entry)));
    return all;
  }

  private static Action read(Entry entry) {
    Message message = entry.message();
    return new Action(
        Instant.ofEpochMilli(entry.at()),
        message.id(),
        message.type(),
        message.headers().get("topic").orElse(""),
        message.source(),
        message);
  }
}
