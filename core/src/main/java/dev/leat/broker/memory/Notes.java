package dev.leat.broker.memory;

import dev.leat.Message;
import dev.leat.StreamFull;
import dev.leat.broker.Note;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Notes by their key, until their time is over. Those written with completions may take so many
 * bytes; the oldest of them go first. The others, of what is at work, are refused beyond a number.
 * Any thread.
 */
final class Notes {
  /** Looked through for what is over, once that many were written since. */
  private static final int SWEEP = 1_024;

  /** Bytes that one takes besides its texts and its payload, as a heap of objects shows. */
  private static final int BESIDES = 400;

  /** A note, and until when. */
  static final class Kept extends Changes.Placed {
    private final Message message;
    private final long until;

    /** How long it is kept, of which a part may be over. */
    private final long keep;

    /** Bytes that it is reckoned with; none of what is at work. */
    private final long reckoned;

    Kept(Message message, long until, long keep, long reckoned) {
      this.message = message;
      this.until = until;
      this.keep = keep;
      this.reckoned = reckoned;
    }

    Message message() {
      return message;
    }

    long until() {
      return until;
    }

    long keep() {
      return keep;
    }

    long reckoned() {
      return reckoned;
    }
  }

  private final InstantSource clock;
  private final Limits limits;
  private final Journal journal;

  // All below is guarded by this.
  private final Map<String, Kept> atWork = new HashMap<>();

  /** Oldest first. */
  private final LinkedHashMap<String, Kept> answers = new LinkedHashMap<>();

  private long bytes;
  private int written;

  /** No notes yet. */
  Notes(InstantSource clock, Limits limits, Journal journal) {
    this.clock = clock;
    this.limits = limits;
    this.journal = journal;
  }

  /** What was there, or where it is written down that it is there now. */
  sealed interface Written {
    /** Another was there. */
    record There(Message message) implements Written {}

    /** It is kept now. */
    record New(long position) implements Written {}
  }

  synchronized Written writeIfAbsent(Note note, Changes changes) {
    Kept there = get(note.key());
    if (there != null && there.until > clock.millis()) {
      return new Written.There(there.message);
    }
    if (atWork.size() >= limits.entries()) {
      sweep();
    }
    if (atWork.size() >= limits.entries()) {
      throw new StreamFull(
          "the embedded broker keeps %d notes of what is at work already"
              .formatted(limits.entries()));
    }
    put(note.key(), kept(note, 0), changes);
    sweepNowAndThen();
    return new Written.New(journal.write(changes));
  }

  /**
   * Keeps one for its time from now on, if it is still there.
   *
   * @return where that is written down; negative if it was not there
   */
  synchronized long renew(Note note, Changes changes) {
    Kept before = atWork.get(note.key());
    if (before == null || before.until <= clock.millis() || !isThere(note)) {
      return -1;
    }
    put(note.key(), kept(note, 0), changes);
    return journal.write(changes);
  }

  /** Does something while nobody else sees or changes a note. */
  synchronized long whileLocked(LongSupplier action) {
    return action.getAsLong();
  }

  /** Writes all of them; within {@link #whileLocked}. */
  void write(List<Note> notes, Changes changes) {
    for (Note note : notes) {
      if (!note.keep().isZero()) {
        put(note.key(), kept(note, size(note)), changes);
        forgetOldest();
        sweepNowAndThen();
      } else if (isThere(note)) {
        remove(note.key());
        changes.noteGone(note.key());
      }
    }
  }

  /**
   * As it was written down, if its time is not over. After a clock was set back it must not be kept
   * for longer than was asked for: another would wait for what nobody is at any more.
   */
  synchronized Kept restore(String key, Message message, long until, long keep, long reckoned) {
    Kept note = new Kept(message, Math.min(until, clock.millis() + keep), keep, reckoned);
    put(key, note, Changes.NONE);
    forgetOldest();
    return note;
  }

  /** As it was written down. */
  synchronized void restoreGone(String key) {
    remove(key);
  }

  /** Those that stand in the oldest segments, and what their keys are. */
  synchronized void forEachIn(int segment, BiConsumer<String, Kept> action) {
    sweep();
    atWork.forEach((key, note) -> inSegment(segment, key, note, action));
    answers.forEach((key, note) -> inSegment(segment, key, note, action));
  }

  private static void inSegment(
      int segment, String key, Kept note, BiConsumer<String, Kept> action) {
    if (note.segment() <= segment) {
      action.accept(key, note);
    }
  }

  private void put(String key, Kept note, Changes changes) {
    remove(key);
    put(key, note);
    changes.note(key, note);
  }

  private void put(String key, Kept note) {
    bytes += note.reckoned;
    (note.reckoned == 0 ? atWork : answers).put(key, note);
  }

  private void remove(String key) {
    Kept work = atWork.remove(key);
    if (work != null) {
      journal.gone(work);
    }
    Kept answer = answers.remove(key);
    if (answer != null) {
      journal.gone(answer);
      bytes -= answer.reckoned;
    }
  }

  private @Nullable Kept get(String key) {
    Kept answer = answers.get(key);
    return answer == null ? atWork.get(key) : answer;
  }

  private boolean isThere(Note note) {
    Kept there = get(note.key());
    return there != null
        && there.message.id().equals(note.message().id())
        && there.message.type().equals(note.message().type());
  }

  private void forgetOldest() {
    while (bytes > limits.answers()) {
      remove(answers.firstEntry().getKey());
    }
  }

  private void sweepNowAndThen() {
    if (++written % SWEEP == 0) {
      sweep();
    }
  }

  private void sweep() {
    long now = clock.millis();
    atWork.values().removeIf(note -> isOver(note, now));
    answers.values().removeIf(note -> isOver(note, now));
  }

  private boolean isOver(Kept note, long now) {
    if (note.until > now) {
      return false;
    }
    bytes -= note.reckoned;
    journal.gone(note);
    return true;
  }

  private Kept kept(Note note, long reckoned) {
    long keep = note.keep().toMillis();
    return new Kept(note.message(), clock.millis() + keep, keep, reckoned);
  }

  private static long size(Note note) {
    long[] size = {BESIDES + 2L * note.name().length() + note.message().payload().size()};
    note.message().headers().forEach((name, value) -> size[0] += name.length() + value.length());
    return size[0];
  }
}
