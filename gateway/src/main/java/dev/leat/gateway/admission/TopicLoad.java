package dev.leat.gateway.admission;

import java.util.ArrayDeque;

/**
 * How long what is appended to a topic now will wait for its answer: as many as wait here, by the
 * rate at which they are answered while the workers have their hands full (J. D. C. Little, A Proof
 * for the Queuing Formula L = λW, 1961). Since streams are read in order it is as true for one of
 * several gateways, whose share of the answers is that of the requests. Any thread.
 */
final class TopicLoad {
  /** Milliseconds of busy time that the rate is taken from, if there are few answers. */
  private static final long LONGEST = 5_000;

  /** Answers that the rate is taken from: with more it would follow no better, but later. */
  private static final long ENOUGH = 100;

  /** Milliseconds of busy time without an answer that say nothing yet. */
  private static final long GRACE = 1_000;

  /**
   * The part of a request's time that fewer than {@link #ENOUGH} answers say nothing for: a program
   * that has just begun is slow at first. Under five times what workers can do, half of a request's
   * time is then taken by those let through meanwhile.
   */
  private static final long UNTOLD = 8;

  /** Milliseconds after which it is not known any more what workers can do. */
  private static final long STALE = 60_000;

  /** As few are always let through: from them it is seen how fast it goes. */
  private static final int FEW = 16;

  /** Waits longer than this are all the same, in milliseconds. */
  static final double LONG = 60_000;

  /** A time in which something waited, and what was answered meanwhile. */
  private record Busy(long time, long answered) {}

  // All below is guarded by this.
  private final ArrayDeque<Busy> busy = new ArrayDeque<>();

  /** Of all of these together, since every request asks. */
  private long time;

  private long answers;
  private long waiting;
  private long answered;
  private long appended;
  private long backlog;
  private long lookedAt = -1;
  private final LookPace pace;
  private long busyAt;

  /**
   * Nothing is known yet.
   *
   * @param pause milliseconds between two looks, at least
   */
  TopicLoad(long pause) {
    this.pace = new LookPace(pause);
  }

  synchronized void appended() {
    waiting++;
    appended++;
  }

  /** One waits no more. */
  synchronized void ended(boolean withAnswer) {
    waiting--;
    answered += withAnswer ? 1 : 0;
  }

  /** Nobody looks at what is idle; nor is that time counted once it is busy again. */
  synchronized boolean isToBeLookedAt(long now) {
    if (!pace.isDue(now)) {
      return false;
    }
    if (appended == 0 && waiting == 0 && backlog == 0) {
      lookedAt = -1;
      return false;
    }
    pace.begin(now);
    return true;
  }

  /** The broker did not say. */
  synchronized void lookedInVain(long now) {
    pace.end(now);
  }

  /** So many wait in the stream that no worker has begun. */
  synchronized void looked(long now, long seen) {
    lookedInVain(now);
    if (lookedAt >= 0 && now > lookedAt) {
      // What waited neither before nor after may have waited for its sender.
      learn(new Busy(now - lookedAt, answered), backlog > 0 && seen > 0, now);
    }
    backlog = seen;
    lookedAt = now;
    appended = 0;
    answered = 0;
  }

  private void learn(Busy one, boolean isBusy, long now) {
    if (isBusy) {
      busy.addLast(one);
      busyAt = now;
    } else if (now - busyAt > STALE) {
      busy.clear();
    } else if (one.answered * time > answers * one.time) {
      // More than it could do when it had its hands full: there are more workers by now.
      busy.clear();
      busy.addLast(one);
    }
    sumUp();
  }

  /**
   * Milliseconds that one more would wait; 0 where nothing speaks against it. As long as nothing
   * was left in the stream, all that came before the last look are being worked on; and of those
   * that came since, no more wait than wait at all, which a slow look makes a difference to.
   *
   * @param timeout milliseconds that it would wait at most
   */
  synchronized double expectedWait(long timeout) {
    if (waiting < FEW
        || (answers == 0 && time < GRACE)
        || (answers < ENOUGH && time < timeout / UNTOLD)) {
      return 0;
    }
    long before = backlog == 0 ? Math.min(appended, waiting) : waiting;
    return answers == 0 ? Math.min(before, 1) * LONG : (before + 1.0) * time / answers;
  }

  /** Sums up from the latest back, and lets go of the oldest that are not needed. */
  private void sumUp() {
    time = 0;
    answers = 0;
    int kept = 0;
    for (var it = busy.descendingIterator(); it.hasNext(); kept++) {
      if (time >= LONGEST || answers >= ENOUGH) {
        break;
      }
      Busy one = it.next();
      time += one.time;
      answers += one.answered;
    }
    while (busy.size() > kept) {
      busy.removeFirst();
    }
  }
}
