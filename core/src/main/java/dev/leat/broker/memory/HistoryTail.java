package dev.leat.broker.memory;

import dev.leat.LeatException;
import dev.leat.Position;
import dev.leat.broker.Entry;
import dev.leat.broker.EntryListener;
import dev.leat.broker.HandOverGate;
import dev.leat.broker.Subscription;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads what is kept of a stream from the disk, page by page, and follows the stream from there.
 */
final class HistoryTail implements Subscription {
  private static final Logger log = LoggerFactory.getLogger(HistoryTail.class);
  private static final int PAGE = 256;

  /** Entries behind a place, in memory or not. */
  interface Pages {
    List<Entry> next(Position from, int limit);
  }

  private final MemoryStream stream;
  private final Pages pages;
  private final EntryListener listener;

  private final HandOverGate gate = new HandOverGate();

  // Guarded by this.
  private Position from;
  private long wanted;
  private boolean reading;
  private @Nullable Tail following;

  HistoryTail(MemoryStream stream, Position from, Pages pages, EntryListener listener) {
    this.stream = stream;
    this.from = from;
    this.pages = pages;
    this.listener = listener;
  }

  @Override
  public void request(int more) {
    Subscription.refuseNone(more);
    Tail live;
    synchronized (this) {
      live = following;
      if (live == null) {
        wanted = Math.min(Integer.MAX_VALUE, wanted + more);
        if (reading) {
          return;
        }
        reading = true;
      }
    }
    if (live == null) {
      Thread.ofVirtual().name("leat-file-history").start(this::read);
    } else {
      live.request(more);
    }
  }

  /** While more is wanted and there is history. */
  private void read() {
    try {
      boolean isBehind = true;
      while (isBehind) {
        isBehind = readPage();
      }
    } catch (LeatException failure) {
      log.error("{} is not read further: {}", stream.key(), failure.getMessage());
    }
  }

  private boolean readPage() {
    Position begin;
    int most;
    synchronized (this) {
      most = (int) Math.min(wanted, PAGE);
      begin = from;
      if (gate.isClosed() || most == 0) {
        reading = false;
        return false;
      }
    }
    Tail live = stream.followUnlessPast(begin, listener);
    if (live != null) {
      goOn(live);
      return false;
    }
    List<Entry> page = pages.next(begin, most);
    if (page.isEmpty()) {
      // What there was is older than it may be by now.
      goOn(stream.follow(begin, listener));
      return false;
    }
    return handOver(page);
  }

  private void goOn(Tail live) {
    int more;
    boolean late;
    synchronized (this) {
      following = live;
      more = (int) wanted;
      late = gate.isClosed();
    }
    if (late) {
      live.close();
    } else {
      live.request(more);
    }
  }

  private boolean handOver(List<Entry> page) {
    if (!gate.whileOpen(() -> listener.onEntries(page))) {
      return false;
    }
    synchronized (this) {
      from = Position.after(page.getLast().id());
      wanted -= wanted == Integer.MAX_VALUE ? 0 : page.size();
    }
    return true;
  }

  @Override
  public CompletionStage<?> ready() {
    return CompletableFuture.completedStage(true);
  }

  @Override
  public CompletionStage<?> end() {
    close();
    return CompletableFuture.completedStage(true);
  }

  @Override
  public void close() {
    gate.close();
    Tail live;
    synchronized (this) {
      live = following;
    }
    if (live != null) {
      live.close();
    }
  }
}
