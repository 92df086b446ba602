package dev.leat.broker;

import java.util.List;

/**
 * What happens when a delivery is completed, all of it or nothing.
 *
 * @param appends replies, dead letters and whatever else is sent, in order
 * @param notes what is kept or forgotten; needs {@link Capability#NOTES}
 */
public record Completion(List<Append> appends, List<Note> notes) {
  /** Appends alone. */
  public static Completion of(List<Append> appends) {
    return new Completion(appends, List.of());
  }
}
