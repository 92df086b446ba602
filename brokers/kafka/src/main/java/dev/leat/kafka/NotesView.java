package dev.leat.kafka;

import dev.leat.Message;
import dev.leat.broker.Note;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.LinkedHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Which notes are kept, and where in their log they stand, as that says in its order: whoever reads
 * it comes to the same. Of each so much is known as tells it from others, and beyond a number the
 * oldest are forgotten. One thread.
 */
final class NotesView {
  /** A hash of a note's key; two that are equal are taken for one. */
  private record Key(long first, long second) {}

  /** Where a note stands, until when, and a hash of the id and the type of its message. */
  private record Kept(EntryPlace place, long until, long sign) {
    boolean isOver(long now) {
      return until <= now;
    }
  }

  /**
   * What came of something that was said.
   *
   * @param isDone whether it was done
   * @param there where the note stands that was in its way; null where there was none
   */
  record Outcome(boolean isDone, @Nullable EntryPlace there) {}

  private final int most;
  private final LinkedHashMap<Key, Kept> kept = new LinkedHashMap<>();
  private final MessageDigest digest;

  /**
   * Knows none.
   *
   * @param most notes that are known
   */
  NotesView(int most) {
    this.most = most;
    try {
      this.digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException("every JDK has SHA-256", impossible);
    }
  }

  /** Knows none any more. */
  void clear() {
    kept.clear();
  }

  /**
   * Something was said, at a place of the log: times are those of the places.
   *
   * @param isWhole whether all that was said before is known; if not, what is renewed may be there
   */
  Outcome apply(NoteRecord said, EntryPlace place, boolean isWhole) {
    Note note = said.note();
    Key key = key(note.key());
    long sign = sign(note.message());
    Kept there = kept.get(key);
    boolean isUnknown = there == null && !isWhole;
    if (there != null && there.isOver(place.millis())) {
      there = null;
    }
    boolean isSame = there != null && there.sign == sign;
    boolean isDone =
        switch (said.verb()) {
          case PUT -> true;
          case RENEW -> isSame || isUnknown;
          case FORGET -> isSame;
          case CLAIM -> there == null || there.place.toString().equals(said.instead());
        };
    if (!isDone) {
      return new Outcome(false, there == null ? null : there.place);
    }
    kept.remove(key);
    if (said.verb() != NoteRecord.Verb.FORGET) {
      kept.put(key, new Kept(place, until(place, note), sign));
      if (kept.size() > most) {
        var unused = kept.pollFirstEntry();
      }
    }
    return new Outcome(true, null);
  }

  private static long until(EntryPlace place, Note note) {
    long keep = note.keep().toMillis();
    return keep > Long.MAX_VALUE - place.millis() ? Long.MAX_VALUE : place.millis() + keep;
  }

  private Key key(String text) {
    ByteBuffer hash = ByteBuffer.wrap(digest.digest(text.getBytes(StandardCharsets.UTF_8)));
    return new Key(hash.getLong(), hash.getLong());
  }

  private long sign(Message message) {
    String both = message.id() + '\0' + message.type();
    return ByteBuffer.wrap(digest.digest(both.getBytes(StandardCharsets.UTF_8))).getLong();
  }
}
