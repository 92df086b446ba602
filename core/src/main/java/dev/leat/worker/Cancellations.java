package dev.leat.worker;

import java.util.LinkedHashSet;

/** Ids of requests that nobody waits for any more, the latest of them. Any thread. */
final class Cancellations {
  /** As many as the stream keeps for a worker that comes late. */
  static final int MOST = 10_000;

  private final LinkedHashSet<String> ids = new LinkedHashSet<>();
  private volatile boolean empty = true;

  synchronized void add(String id) {
    ids.add(id);
    if (ids.size() > MOST) {
      ids.removeFirst();
    }
    empty = false;
  }

  /** Hot path: asked for every message, and there is hardly ever one. */
  boolean has(String id) {
    return !empty && contains(id);
  }

  private synchronized boolean contains(String id) {
    return ids.contains(id);
  }
}
