package dev.leat.bridge;

import dev.leat.Headers;
import dev.leat.Leat;
import dev.leat.Message;
import dev.leat.Payload;
import dev.leat.Position;
import dev.leat.StreamRef;
import dev.leat.Topic;
import dev.leat.broker.Append;
import dev.leat.broker.Broker;
import dev.leat.broker.Capability;
import dev.leat.broker.Entry;
import dev.leat.trail.InternalTopics;
import dev.leat.trail.StreamScan;
import java.util.List;

/**
 * How far something of a topic was copied, noted at the broker that it was copied to: so that
 * whoever goes on knows. Blocks.
 */
final class BridgeMarks {
  private static final long KEPT = 100;
  private static final String MARK = "mark";
  private static final String IDENTITY = "broker";

  private final Leat to;
  private final StreamRef stream;

  /**
   * Those at a broker.
   *
   * @param source id of the broker that it is copied from
   * @param what is copied
   */
  BridgeMarks(Leat to, String source, Topic topic, String what) {
    this.to = to;
    this.stream = InternalTopics.bridged(source + "#" + topic + "#" + what).incoming();
  }

  /** The id of a broker, which it is given by the first bridge that comes. */
  static String identity(Leat leat) {
    StreamRef stream = InternalTopics.BRIDGE.incoming();
    List<Entry> known = StreamScan.result(leat.broker().range(stream, Position.START, 1));
    if (known.isEmpty()) {
      append(leat, stream, IDENTITY, Headers.of(Headers.KEY, IDENTITY));
      // Of two that come at once the first is right.
      known = StreamScan.result(leat.broker().range(stream, Position.START, 1));
    }
    return known.getFirst().message().id();
  }

  private static void append(Leat leat, StreamRef stream, String type, Headers said) {
    Message mark = new Message(leat.ids().next(), type, "", said, leat.instance(), Payload.EMPTY);
    Object unused = StreamScan.result(leat.broker().append(new Append(stream, mark)));
  }

  /** Where it is gone on with. */
  Position last() {
    Position[] last = {Position.START};
    StreamScan.forEach(
        to.broker(),
        stream,
        Position.START,
        StreamScan.EVER,
        Long.MAX_VALUE,
        entry -> {
          entry
              .message()
              .headers()
              .get(Headers.ENTRY)
              .map(Position::after)
              .ifPresent(after -> last[0] = after);
          return true;
        });
    return last[0];
  }

  /** It was copied up to here. */
  void reached(String entryId) {
    append(to, stream, MARK, Headers.of(Headers.ENTRY, entryId, Headers.KEY, MARK));
    Broker broker = to.broker();
    if (broker.capabilities().contains(Capability.TRIM)) {
      Object unused = StreamScan.result(broker.trim(stream, KEPT));
    }
  }
}
