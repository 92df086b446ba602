package dev.leat.broker;

import dev.leat.Durations;
import dev.leat.Message;
import java.time.Duration;

/**
 * A message that is kept under a key, for a time.
 *
 * @param key like no other in the broker
 * @param message what is kept
 * @param keep how long, from when it is written; zero forgets what is there, if that has the id and
 *     type of the message
 */
public record Note(String key, Message message, Duration keep) {
  /** Keeps it for ever where it is to be kept for longer than that. */
  public Note {
    keep = Durations.bounded(keep);
  }

  /** What forgets this note; one that another has written meanwhile stays. */
  public Note forgotten() {
    return new Note(key, message, Duration.ZERO);
  }
}
