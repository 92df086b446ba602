package dev.leat.broker.remote;

import dev.leat.wire.RecordReader;
import dev.leat.wire.RecordWriter;

/** What a frame is; its place in this list is what stands on the wire. */
enum Frame {
  /**
   * The first of each side: which version speaks, which of its connections of which client it is,
   * and what the broker is like.
   */
  HELLO,
  /** What was asked for, of the number of the question. */
  ANSWER,
  /** Why there is no answer. */
  FAILURE,

  // From the client.
  PING,
  OPEN_LANE,
  CLOSE_LANE,
  APPEND,
  CANCEL,
  SUBSCRIBE,
  TAIL,
  CANCELLATIONS,
  REQUEST,
  TYPES,
  END,
  CLOSE,
  COMPLETE,
  RELEASE,
  DECLINE,
  EXTEND,
  RANGE,
  HEALTH,
  UNTAKEN,
  IS_HANDLED,
  TOPICS,
  MOVE,
  MOVE_UNTAKEN,
  NOTE_IF_ABSENT,
  RENEW_NOTE,
  TIDY,
  TRIM,
  ANNOUNCE,
  WITHDRAW,
  PARTICIPANTS,
  APPEND_ONE,
  CENSUS,
  OPEN,

  // From the server, of the number that the lane or reading has.
  REPLIES,
  DELIVERIES,
  ENTRIES,
  CANCELLED,
  ENDED;

  /** Goes up when anything that stands in frames changes. */
  static final int VERSION = 5;

  private static final Frame[] ALL = values();

  /** Begins a frame. */
  @SuppressWarnings("EnumOrdinal") // What changes the order changes the version.
  RecordWriter of(long number) {
    return new RecordWriter().put((byte) ordinal()).number(number);
  }

  static Frame read(RecordReader in) {
    int kind = in.one();
    if (kind < 0 || kind >= ALL.length) {
      throw new IllegalStateException("a frame of no kind that is known");
    }
    return ALL[kind];
  }
}
