package dev.leat.broker.memory;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reply streams whose lanes are gone: replies stay where they were written, for looking at, as long
 * as those of one lane would. The lane that ended first is forgotten first. Any thread.
 */
final class EndedLanes {
  private final Limits limits;

  // Guarded by this.
  private final Map<String, Held> byKey = new LinkedHashMap<>();
  private long entries;
  private long bytes;

  /** A stream that nothing is appended to any more. */
  private record Held(MemoryStream stream, long entries, long bytes) {}

  EndedLanes(Limits limits) {
    this.limits = limits;
  }

  /** Remembers a stream that is closed, if anything is in it. */
  synchronized void add(MemoryStream stream) {
    Held held = new Held(stream, stream.length(), stream.bytes());
    if (held.entries() == 0) {
      return;
    }
    let(byKey.remove(stream.key()));
    byKey.put(stream.key(), held);
    entries += held.entries();
    bytes += held.bytes();
    Iterator<Held> oldest = byKey.values().iterator();
    while (byKey.size() > 1 && (entries > limits.history() || bytes > limits.bytes())) {
      let(oldest.next());
      oldest.remove();
    }
  }

  private void let(@Nullable Held gone) {
    if (gone != null) {
      entries -= gone.entries();
      bytes -= gone.bytes();
    }
  }

  /** The stream of a lane that is gone; null where it is not known any more. */
  synchronized @Nullable MemoryStream get(String key) {
    Held held = byKey.get(key);
    return held == null ? null : held.stream();
  }

  synchronized void clear() {
    byKey.clear();
    entries = 0;
    bytes = 0;
  }
}
