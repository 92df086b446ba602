package dev.leat.bridge;

import dev.leat.broker.Cancellation;
import java.util.LinkedHashSet;

/** What was cancelled lately, for requests that are taken later. Confined to a loop. */
final class RecentCancellations {
  private static final int MOST = 10_000;

  private final LinkedHashSet<String> all = new LinkedHashSet<>();

  void add(Cancellation cancelled) {
    all.add(key(cancelled.messageId(), cancelled.entryId()));
    if (all.size() > MOST) {
      Object unused = all.removeFirst();
    }
  }

  boolean contains(String messageId, String entryId) {
    return all.contains(key(messageId, entryId)) || all.contains(key(messageId, ""));
  }

  private static String key(String id, String entryId) {
    return id + " " + entryId;
  }
}
