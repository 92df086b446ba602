package dev.leat.kafka;

import dev.leat.BadMessage;
import dev.leat.Headers;
import dev.leat.Message;
import dev.leat.StreamRef;
import dev.leat.broker.Append;
import dev.leat.broker.Note;
import java.time.Duration;
import java.util.Locale;

/**
 * What somebody says of a note, in the log of all of them. The log's order decides what comes of
 * it.
 *
 * @param verb what is to be done
 * @param note of which; a time of zero where it is to be forgotten
 * @param token by which who said it knows it; empty where nobody waits for what comes of it
 * @param instead of what stands there, which cannot be read any more: its place, or nothing
 */
record NoteRecord(Verb verb, Note note, String token, String instead) {
  /** What is to be done with a note. */
  enum Verb {
    /** Kept unless there is one. */
    CLAIM,
    /** Kept for its time from now on if it is there. */
    RENEW,
    /** Kept, whatever is there. */
    PUT,
    /** Forgotten if it is there. */
    FORGET
  }

  private static final String OWN = "leat.note.";
  private static final String VERB = OWN + "verb";
  private static final String STORE = OWN + "store";
  private static final String NAME = OWN + "name";
  private static final String KEEP = OWN + "keep-ms";
  private static final String TOKEN = OWN + "token";
  private static final String INSTEAD = OWN + "instead";

  /** The key of the message itself: that of the record is the note's. */
  private static final String KEY = OWN + "key";

  /** What is written with a completion. */
  static NoteRecord of(Note note) {
    return new NoteRecord(note.keep().isZero() ? Verb.FORGET : Verb.PUT, note, "", "");
  }

  /** All that is said of a note stands in one partition, in the order in which it was said. */
  Append written() {
    Message message = note.message();
    Headers.Builder headers = message.headers().toBuilder();
    message.headers().get(Headers.KEY).ifPresent(own -> headers.set(KEY, own));
    headers.set(Headers.KEY, note.key());
    headers.set(VERB, verb.name().toLowerCase(Locale.ROOT));
    headers.set(STORE, note.store());
    headers.set(NAME, note.name());
    headers.set(KEEP, Long.toString(note.keep().toMillis()));
    if (!token.isEmpty()) {
      headers.set(TOKEN, token);
    }
    if (!instead.isEmpty()) {
      headers.set(INSTEAD, instead);
    }
    return new Append(new StreamRef.At(TopicNames.NOTES), message.withHeaders(headers.build()));
  }

  /**
   * What a message of the log says.
   *
   * @throws BadMessage if it says nothing of a note
   */
  static NoteRecord read(Message written) {
    Headers headers = written.headers();
    try {
      Verb verb = Verb.valueOf(needed(headers, VERB).toUpperCase(Locale.ROOT));
      Duration keep = Duration.ofMillis(Long.parseLong(needed(headers, KEEP)));
      Note note = new Note(needed(headers, STORE), needed(headers, NAME), message(written), keep);
      return new NoteRecord(
          verb, note, headers.get(TOKEN).orElse(""), headers.get(INSTEAD).orElse(""));
    } catch (IllegalArgumentException foreign) {
      throw new BadMessage("it says nothing of a note", foreign);
    }
  }

  /** What is kept, without what is said of it. */
  static Message message(Message written) {
    Headers headers = written.headers();
    Headers plain = headers.without(name -> name.equals(Headers.KEY) || name.startsWith(OWN));
    return written.withHeaders(
        headers.get(KEY).map(own -> plain.with(Headers.KEY, own)).orElse(plain));
  }

  private static String needed(Headers headers, String name) {
    return headers.get(name).orElseThrow(() -> new BadMessage("it has no " + name));
  }
}
