package dev.leat.broker.memory;

import dev.leat.Message;
import dev.leat.wire.RecordReader;
import dev.leat.wire.RecordWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * What an operation changes, as records that are written together or not at all. For one thread at
 * a time.
 */
class Changes {
  /** Of a broker that keeps nothing. */
  static final Changes NONE =
      new Changes() {
        @Override
        void appended(String stream, Log.Slot slot, long offset) {}

        @Override
        void answered(String stream, long offset, EntryId id, Message reply) {}

        @Override
        void handed(String stream, String group, List<Group.Pending> taken) {}

        @Override
        void done(String stream, String group, long offset) {}

        @Override
        void released(String stream, String group, Group.Pending one, Duration delay) {}

        @Override
        void group(String stream, Group group) {}

        @Override
        void head(String stream, long head) {}

        @Override
        void takenOut(String stream, long offset) {}

        @Override
        void note(String key, Notes.Kept note) {}

        @Override
        void noteGone(String key) {}

        @Override
        void floor(String stream, long floor) {}
      };

  static final byte APPENDED = 1;
  static final byte HANDED = 2;
  static final byte DONE = 3;
  static final byte RELEASED = 4;
  static final byte GROUP = 5;
  static final byte HEAD = 6;
  static final byte TAKEN_OUT = 7;
  static final byte NOTE = 8;
  static final byte NOTE_GONE = 9;
  static final byte STREAM = 10;
  static final byte CLOSED = 11;
  static final byte FLOOR = 12;
  static final byte NEEDED = 13;

  /** What was appended before, and is written once more. */
  static final byte AGAIN = 14;

  /** A reply to a lane, which ends with its process: for looking at only. */
  static final byte ANSWERED = 15;

  private final RecordWriter out = new RecordWriter();
  private final List<Placed> placed = new ArrayList<>(2);
  private boolean urgent;

  RecordWriter out() {
    return out;
  }

  boolean isEmpty() {
    return out.size() == 0;
  }

  /** Whether somebody waits for it to be on the disk. */
  boolean isUrgent() {
    return urgent;
  }

  /** What is told where it stands, once it is written. */
  List<Placed> placed() {
    return placed;
  }

  void appended(String stream, Log.Slot slot, long offset) {
    // Whoever waits for a reply learns by that that it was accepted.
    urgent |= !slot.present().wantsReply();
    write(APPENDED, stream, slot, offset);
  }

  /** What was appended before. */
  void again(String stream, Log.Slot slot, long offset) {
    write(AGAIN, stream, slot, offset);
  }

  /** What a lane is answered; nothing has to be known of that but for looking at it. */
  void answered(String stream, long offset, EntryId id, Message reply) {
    out.put(ANSWERED).text(stream).number(offset);
    out.number(id.millis()).number(id.sequence());
    out.message(reply);
  }

  private void write(byte kind, String stream, Log.Slot slot, long offset) {
    Message message = slot.present();
    int begin = out.size();
    out.put(kind).text(stream).number(offset);
    out.number(slot.id().millis()).number(slot.id().sequence());
    out.message(message);
    slot.takes(out.size() - begin);
    placed.add(slot);
  }

  void handed(String stream, String group, List<Group.Pending> taken) {
    out.put(HANDED).text(stream).text(group).number(taken.size());
    for (Group.Pending one : taken) {
      out.number(one.offset()).number(one.attempt());
    }
  }

  void done(String stream, String group, long offset) {
    out.put(DONE).text(stream).text(group).number(offset);
    urgent = true;
  }

  void released(String stream, String group, Group.Pending one, Duration delay) {
    out.put(RELEASED).text(stream).text(group).number(one.offset()).number(one.attempt());
    out.number(one.wakeAt()).number(Math.max(0, delay.toMillis()));
  }

  void group(String stream, Group group) {
    out.put(GROUP).text(stream).text(group.name()).number(group.cursor());
    out.put((byte) ((group.isOrdered() ? 1 : 0) | (group.answers() ? 2 : 0)));
  }

  void head(String stream, long head) {
    out.put(HEAD).text(stream).number(head);
  }

  void takenOut(String stream, long offset) {
    out.put(TAKEN_OUT).text(stream).number(offset);
    urgent = true;
  }

  void note(String key, Notes.Kept note) {
    int begin = out.size();
    out.put(NOTE).text(key).number(note.until()).number(note.keep());
    out.number(note.reckoned());
    out.message(note.message());
    note.takes(out.size() - begin);
    placed.add(note);
    urgent = true;
  }

  void noteGone(String key) {
    out.put(NOTE_GONE).text(key);
  }

  void stream(String stream, Log log) {
    out.put(STREAM).text(stream).number(log.head()).number(log.end());
    out.number(log.lastId().millis()).number(log.lastId().sequence());
  }

  /** What stands before it is not shown any more. */
  void floor(String stream, long floor) {
    out.put(FLOOR).text(stream).number(floor);
  }

  /** What stands in segments before that one is looked at, but nothing needs it. */
  void needed(int segment) {
    out.put(NEEDED).number(segment);
  }

  /**
   * Goes past the rest of a record.
   *
   * @param kind which was read
   */
  static void skip(byte kind, RecordReader in) {
    switch (kind) {
      case APPENDED, AGAIN, ANSWERED -> {
        in.skip();
        numbers(3, in);
        in.skipMessage();
      }
      case HANDED -> {
        in.skip().skip();
        numbers(2 * in.number(), in);
      }
      case DONE -> numbers(1, in.skip().skip());
      case RELEASED -> numbers(4, in.skip().skip());
      case GROUP -> {
        numbers(1, in.skip().skip());
        var unused = in.one();
      }
      case HEAD, TAKEN_OUT, FLOOR -> numbers(1, in.skip());
      case NOTE -> {
        numbers(3, in.skip());
        in.skipMessage();
      }
      case NOTE_GONE -> in.skip();
      case STREAM -> numbers(4, in.skip());
      case NEEDED -> numbers(1, in);
      case CLOSED -> {}
      default -> throw new IllegalStateException("it is of no kind that is known");
    }
  }

  private static void numbers(long count, RecordReader in) {
    for (long left = count; left > 0; left--) {
      var unused = in.number();
    }
  }

  void closed() {
    out.put(CLOSED);
    urgent = true;
  }

  /** Where something stands in the log of all that changed. */
  abstract static class Placed {
    private long position;
    private int segment;
    private int size;
    private boolean gone;

    /** It is on the disk once so much is. */
    long position() {
      return position;
    }

    int segment() {
      return segment;
    }

    /** Bytes that it takes there. */
    int size() {
      return size;
    }

    void stands(long at, int in) {
      position = at;
      segment = in;
    }

    /** It is not there any more; perhaps before it stood anywhere. */
    void goes() {
      gone = true;
    }

    boolean isGone() {
      return gone;
    }

    void takes(int bytes) {
      size = bytes;
    }
  }
}
