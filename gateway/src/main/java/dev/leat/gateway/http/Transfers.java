package dev.leat.gateway.http;

import java.util.ArrayList;
import java.util.List;
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
    private long movedAt;
    private @Nullable Transfer older;
    private @Nullable Transfer newer;

    /** Something of it went on its way, though perhaps not enough to be given its time anew. */
    final void moved(long now) {
      movedAt = now;
    }

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
    body.movedAt = now;
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

  /** Gives up those of which nothing has moved since before a time; looks at all of them. */
  void giveUpStanding(long time) {
    List<Transfer> standing = new ArrayList<>();
    for (Transfer body = oldest; body != null; body = body.newer) {
      if (body.movedAt < time) {
        standing.add(body);
      }
    }
    for (Transfer body : standing) {
      if (body.underWay) {
        remove(body);
        body.giveUp();
      }
    }
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
