package dev.leat.gateway.http;

import org.jspecify.annotations.Nullable;

/**
 * Bodies that are on their way, from or to clients, the one that has stood still for longest first.
 * Confined to its loop. Hot path: each is its own place in the chain, so that nothing is looked up
 * or made for it.
 */
final class Transfers {
  /** A body that may be on its way. */
  abstract static class Transfer {
    private boolean underWay;
    private long since;
    private @Nullable Transfer older;
    private @Nullable Transfer newer;

    /** It did not go on in time; called once it counts as on its way no more. */
    abstract void giveUp();
  }

  private @Nullable Transfer oldest;
  private @Nullable Transfer newest;

  /**
   * A body is on its way, or has gone on.
   *
   * @param now never less than before, in whatever unit
   */
  void add(Transfer body, long now) {
    remove(body);
    body.underWay = true;
    body.since = now;
    body.older = newest;
    if (newest == null) {
      oldest = body;
    } else {
      newest.newer = body;
    }
    newest = body;
  }

  /** It is there, or will not come; harmless if it is not on its way. */
  void remove(Transfer body) {
    if (!body.underWay) {
      return;
    }
    body.underWay = false;
    Transfer older = body.older;
    Transfer newer = body.newer;
    if (older == null) {
      oldest = newer;
    } else {
      older.newer = newer;
    }
    if (newer == null) {
      newest = older;
    } else {
      newer.older = older;
    }
    body.older = null;
    body.newer = null;
  }

  /** Gives up those that have not gone on since before a time. */
  void giveUpBefore(long time) {
    Transfer body = oldest;
    while (body != null && body.since < time) {
      remove(body);
      body.giveUp();
      // Whoever was given up may have taken out others: from the beginning again.
      body = oldest;
    }
  }
}
