package dev.leat.trail;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What is written down of a replay.
 *
 * @param plan where it begins
 * @param counts how many of what
 */
record ReplayNotes(@Nullable ReplayPlan plan, Map<String, Long> counts) {
  /** What others wrote may leave it out. */
  ReplayNotes {
    counts = counts == null ? Map.of() : counts;
  }
}
