package dev.leat.gateway.http;

import org.jspecify.annotations.Nullable;

/**
 * Bodies that are on their way, the oldest first. Confined to its loop. Hot path: each is its own
 * place in the chain, so that nothing is looked up or made for it.
 */
final class Bodies {
  /** A body that may be on its way. */
  abstract static class Incoming {
    private boolean underWay;
    private long since;
    private @Nullable Incoming older;
    private @Nullable Incoming newer;

    /** It did not come in time; called once it counts as here no more. */
    abstract void giveUp();
  }

  private @Nullable Incoming oldest;
  private @Nullable Incoming newest;

  /**
   * A body is on its way.
   *
   * @param now never less than before, in whatever unit
   */
  void add(Incoming body, long now) {
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
  void remove(Incoming body) {
    if (!body.underWay) {
      return;
    }
    body.underWay = false;
    Incoming older = body.older;
    Incoming newer = body.newer;
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

  /** Gives up those that have been on their way since before a time. */
  void giveUpBefore(long time) {
    Incoming body = oldest;
    while (body != null && body.since < time) {
      remove(body);
      body.giveUp();
      // Whoever was given up may have taken out others: from the beginning again.
      body = oldest;
    }
  }
}
