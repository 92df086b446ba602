package dev.leat.broker.memory;

import dev.leat.Message;
import dev.leat.StreamFull;
import dev.leat.broker.Note;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Notes by their key, until their time is over. Any thread. */
final class Notes {
  private record Kept(Message message, long until) {}

  /** Looked through for what is over, once that many were written since. */
  private static final int SWEEP = 1_024;

  private final InstantSource clock;
  private final int most;

  // All below is guarded by this.
  private final Map<String, Kept> kept = new LinkedHashMap<>();
  private int written;

  /**
   * No notes yet.
   *
   * @param most notes that are kept at a time
   */
  Notes(InstantSource clock, int most) {
    this.clock = clock;
    this.most = most;
  }

  synchronized Optional<Message> writeIfAbsent(Note note) {
    Kept there = kept.get(note.key());
    if (there != null && there.until > clock.millis()) {
      return Optional.of(there.message);
    }
    if (kept.size() >= most) {
      sweep();
    }
    if (kept.size() >= most) {
      throw new StreamFull("the embedded broker keeps %d notes already".formatted(most));
    }
    write(note);
    return Optional.empty();
  }

  /** Keeps one for its time from now on, if it is still there. */
  synchronized boolean renew(Note note) {
    Kept before = kept.get(note.key());
    boolean there = before != null && before.until > clock.millis() && isThere(note);
    if (there) {
      write(note);
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
      before.putIfAbsent(note.key(), Optional.ofNullable(kept.get(note.key())));
      write(note);
    }
    return () -> putBack(before);
  }

  private synchronized void putBack(Map<String, Optional<Kept>> before) {
    before.forEach(
        (key, note) -> note.ifPresentOrElse(there -> kept.put(key, there), () -> kept.remove(key)));
  }

  private void write(Note note) {
    if (note.keep().isZero()) {
      if (isThere(note)) {
        kept.remove(note.key());
      }
    } else {
      kept.put(note.key(), new Kept(note.message(), clock.millis() + note.keep().toMillis()));
      if (++written % SWEEP == 0) {
        sweep();
      }
    }
  }

  private boolean isThere(Note note) {
    Kept there = kept.get(note.key());
    return there != null
        && there.message.id().equals(note.message().id())
        && there.message.type().equals(note.message().type());
  }

  private void sweep() {
    long now = clock.millis();
    kept.values().removeIf(note -> note.until <= now);
  }
}
