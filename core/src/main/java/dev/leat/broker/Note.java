package dev.leat.broker;

import dev.leat.Durations;
import dev.leat.Message;
import java.time.Duration;

/**
 * A message that is kept under a key, for a time. Those of one store that were written with a
 * completion may take so many bytes together as the broker is told; beyond that others are
 * forgotten before their time, the oldest or those whose time is over first.
 *
 * @param store what it belongs to; two stores have no note in common
 * @param name like no other in its store
 * @param message what is kept
 * @param keep how long, from when it is written; zero forgets what is there, if that has the id and
 *     type of the message
 */
public record Note(String store, String name, Message message, Duration keep) {
  /** Keeps it for ever where it is to be kept for longer than that. */
  public Note {
    keep = Durations.bounded(keep);
  }

  /** Like no other in the broker. */
  public String key() {
    return store + "::" + name;
  }

  /** What forgets this note; one that another has written meanwhile stays. */
  public Note forgotten() {
    return new Note(store, name, message, Duration.ZERO);
  }

  /** Another message under the same key. */
  public Note replacedBy(Message other, Duration kept) {
    return new Note(store, name, other, kept);
  }
}
