package dev.leat.bridge;

import dev.leat.Headers;
import dev.leat.Leat;
import dev.leat.Message;
import dev.leat.Payload;
import dev.leat.Position;
import dev.leat.StreamRef;
import dev.leat.broker.Append;
import dev.leat.broker.Broker;
import dev.leat.broker.Capability;
import dev.leat.broker.Entry;
import dev.leat.trail.InternalTopics;
import java.util.List;

/**
 * How far something was copied, noted at the broker that it was copied to: so that whoever goes on
 * knows. Blocks.
 */
final class BridgeMarks {
  private static final long KEPT = 10_000;
  private static final int PAGE = 500;
  private static final String TYPE = "mark";
  private static final String OF = "of";
  private static final StreamRef STREAM = InternalTopics.BRIDGE.incoming();

  private final Leat to;
  private final String source;

  /**
   * Those at a broker.
   *
   * @param source from where it is copied
   */
  BridgeMarks(Leat to, String source) {
    this.to = to;
    this.source = source;
  }

  /** Where it is gone on with. */
  Position last(String what) {
    Broker broker = to.broker();
    Position position = Position.START;
    Position last = Position.START;
    while (true) {
      List<Entry> page = Results.of(broker.range(STREAM, position, PAGE));
      if (page.isEmpty()) {
        return last;
      }
      for (Entry entry : page) {
        Headers said = entry.message().headers();
        if (said.get(OF).filter(name(what)::equals).isPresent()) {
          last = said.get(Headers.ENTRY).<Position>map(Position::after).orElse(last);
        }
        position = Position.after(entry.id());
      }
    }
  }

  /** It was copied up to here. */
  void reached(String what, String entryId) {
    Headers said = Headers.of(OF, name(what), Headers.ENTRY, entryId, Headers.KEY, name(what));
    Message mark = new Message(to.ids().next(), TYPE, "", said, to.instance(), Payload.EMPTY);
    Object unused = Results.of(to.broker().append(new Append(STREAM, mark)));
    if (to.broker().capabilities().contains(Capability.TRIM)) {
      Object unusedCount = Results.of(to.broker().trim(STREAM, KEPT));
    }
  }

  private String name(String what) {
    return source + " " + what;
  }
}
