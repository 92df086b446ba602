package dev.leat.broker.memory;

import dev.leat.Message;
import dev.leat.StreamFull;
import dev.leat.broker.Note;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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

  private record Kept(Message message, long until, long size) {}

  private final InstantSource clock;
  private final Limits limits;

  // All below is guarded by this.
  private final Map<String, Kept> atWork = new HashMap<>();

  /** Oldest first. */
  private final LinkedHashMap<String, Kept> answers = new LinkedHashMap<>();

  private long bytes;
  private int written;

  /** No notes yet. */
  Notes(InstantSource clock, Limits limits) {
    this.clock = clock;
    this.limits = limits;
  }

  synchronized Optional<Message> writeIfAbsent(Note note) {
    Kept there = get(note.key());
    if (there != null && there.until > clock.millis()) {
      return Optional.of(there.message);
    }
    if (atWork.size() >= limits.entries()) {
      sweep();
    }
    if (atWork.size() >= limits.entries()) {
      throw new StreamFull(
          "the embedded broker keeps %d notes of what is at work already"
              .formatted(limits.entries()));
    }
    remove(note.key());
    atWork.put(note.key(), new Kept(note.message(), until(note), 0));
    sweepNowAndThen();
    return Optional.empty();
  }

  /** Keeps one for its time from now on, if it is still there. */
  synchronized boolean renew(Note note) {
    Kept before = atWork.get(note.key());
    boolean there = before != null && before.until > clock.millis() && isThere(note);
    if (there) {
      atWork.put(note.key(), new Kept(note.message(), until(note), 0));
    }
    return there;
  }

  /**
   * Writes all of them.
   *
   * @return what makes it as if they had not been written
   */
  synchronized Runnable write(List<Note> notes) {
    if (notes.isEmpty()) {
      return () -> {};
    }
    Map<String, Optional<Kept>> before = new LinkedHashMap<>();
    for (Note note : notes) {
      before.putIfAbsent(note.key(), Optional.ofNullable(get(note.key())));
      write(note);
    }
    return () -> putBack(before);
  }

  private synchronized void putBack(Map<String, Optional<Kept>> before) {
    before.forEach(
        (key, note) -> {
          remove(key);
          note.ifPresent(there -> put(key, there));
        });
  }

  private void write(Note note) {
    if (note.keep().isZero()) {
      if (isThere(note)) {
        remove(note.key());
      }
    } else {
      remove(note.key());
      put(note.key(), new Kept(note.message(), until(note), size(note)));
      forgetOldest();
      sweepNowAndThen();
    }
  }

  private void put(String key, Kept note) {
    bytes += note.size;
    (note.size == 0 ? atWork : answers).put(key, note);
  }

  private void remove(String key) {
    atWork.remove(key);
    Kept answer = answers.remove(key);
    bytes -= answer == null ? 0 : answer.size;
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
    atWork.values().removeIf(note -> note.until <= now);
    answers
        .values()
        .removeIf(
            note -> {
              bytes -= note.until <= now ? note.size : 0;
              return note.until <= now;
            });
  }

  private long until(Note note) {
    return clock.millis() + note.keep().toMillis();
  }

  private static long size(Note note) {
    long[] size = {BESIDES + 2L * note.name().length() + note.message().payload().size()};
    note.message().headers().forEach((name, value) -> size[0] += name.length() + value.length());
    return size[0];
  }
}
