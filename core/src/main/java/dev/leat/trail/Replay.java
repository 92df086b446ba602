package dev.leat.trail;

import dev.leat.BadConfiguration;
import dev.leat.broker.Broker;
import dev.leat.broker.Entry;
import dev.leat.wire.Redaction;
import dev.leat.wire.ReplyComparison;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** A replay that is written down, and can be sent; no other process can, until it is closed. */
public final class Replay implements AutoCloseable {
  /** Requests that are sent together: others wait for as long as that takes. */
  private static final int PORTION = 500;

  private static final long PORTION_BYTES = 4 << 20;

  /** After so long without one that could be sent somebody is to be told. */
  private static final Duration HELD_BACK = Duration.ofSeconds(5);

  /** Between two looks at what is due, and at what has come. */
  private static final Duration PAUSE = Duration.ofMillis(10);

  private final Broker broker;
  private final InstantSource clock;
  private final AuditLog audit;
  private final ReplayLease lease;
  private final ReplaySet set;
  private final ReplayPlan plan;
  private final Replays.Selection selection;
  private final String by;
  private final Backlog backlog;

  Replay(
      Broker broker,
      InstantSource clock,
      AuditLog audit,
      ReplayLease lease,
      ReplaySet set,
      ReplayPlan plan,
      Replays.Selection selection,
      String by) {
    this.broker = broker;
    this.clock = clock;
    this.audit = audit;
    this.lease = lease;
    this.set = set;
    this.plan = plan;
    this.selection = selection;
    this.by = by;
    this.backlog = Backlog.of(broker, plan);
  }

  /** By which it is found again. */
  public String id() {
    return set.id();
  }

  /** What it does. */
  public ReplayPlan plan() {
    return plan;
  }

  /** How many of its requests were not sent yet. */
  public long left() {
    return set.left();
  }

  /** What it comes to. */
  public Replays.Selection selection() {
    return selection;
  }

  /**
   * How it has gone.
   *
   * @param sent of its requests, by anybody
   * @param left that were not sent; where it is not stopped those that cannot be read
   * @param same replies that are as they were
   * @param different replies that are not
   * @param unanswered requests that nobody answered
   * @param isStopped whether it was told to stop, and can go on
   */
  public record Result(
      long sent, long left, long same, long different, long unanswered, boolean isStopped) {}

  /**
   * Sends what is left of it, and compares what comes.
   *
   * @param isStopped asked again and again; where it is, the rest can be sent later
   */
  public Result run(
      ReplyComparison comparison,
      Redaction hidden,
      ReplayListener listener,
      BooleanSupplier isStopped) {
    long left = set.left();
    if (left < selection.requests()) {
      note(Replays.RESUMED, Map.of());
    }
    ReplayReplies replies = new ReplayReplies(broker, set, plan, comparison, hidden, listener);
    boolean isSent = send(left, replies, listener, isStopped);
    boolean isOver = isSent && replies.await(isStopped);
    long unsent = set.left();
    Result result =
        new Result(
            selection.requests() - unsent,
            unsent,
            replies.same(),
            replies.different(),
            isOver ? replies.missing() : 0,
            !isOver);
    end(result, replies);
    return result;
  }

  /** Gives false if it was told to stop. */
  private boolean send(
      long left, ReplayReplies replies, ReplayListener listener, BooleanSupplier isStopped) {
    long before = selection.requests() - left;
    long sent = 0;
    long heldBack = System.nanoTime();
    Pace pace = new Pace(plan.rate(), heldBack);
    while (!isStopped.getAsBoolean()) {
      lease.refuseIfLost();
      replies.read();
      long now = System.nanoTime();
      long due = pace.due(now);
      int many = (int) Math.min(Math.min(due, portion()), backlog.room(now));
      List<Entry> next = many > 0 ? set.next(many) : List.of();
      if (many > 0 && next.isEmpty()) {
        return true;
      }
      if (many > 0) {
        replies.expect(next);
        long moved = set.send(next, plan.into(), plan.compares() ? set.replyAddress() : "", now());
        refuseUnlessMoved(moved);
        backlog.sent(moved);
        sent += moved;
        pace.did(moved);
        heldBack = now;
      } else if (due >= 1 && now - heldBack > HELD_BACK.toNanos()) {
        listener.onHeldBack(backlog.open());
        heldBack = now;
      }
      listener.onProgress(before + sent, selection.requests(), replies.compared());
      if (sent >= left) {
        return true;
      }
      LockSupport.parkNanos(PAUSE.toNanos());
    }
    return false;
  }

  /** So many that they are no more than some megabytes, if they are alike. */
  private long portion() {
    long each = Math.max(1, selection.bytes() / Math.max(1, selection.requests()));
    return Math.clamp(PORTION_BYTES / each, 1, PORTION);
  }

  private void refuseUnlessMoved(long moved) {
    if (moved == 0) {
      throw new BadConfiguration(
          "what replay %s is to send has been taken away meanwhile".formatted(id()));
    }
  }

  /** Another process can go on with it, if it has not ended. */
  @Override
  public void close() {
    lease.close();
  }

  private void end(Result result, ReplayReplies replies) {
    Map<String, Long> counts = new LinkedHashMap<>();
    counts.put("sent", result.sent());
    if (plan.compares()) {
      counts.put("same", result.same());
      counts.put("different", result.different());
      counts.put("unanswered", result.unanswered());
    }
    if (result.isStopped()) {
      note(Replays.STOPPED, counts);
      return;
    }
    replies.tellMissing();
    note(Replays.ENDED, counts);
    set.drop();
  }

  private void note(String action, Map<String, Long> counts) {
    audit.add(id(), action, plan.topic().toString(), by, new ReplayNotes(null, counts));
  }

  /** By the broker's clock. */
  private Instant now() {
    return clock.instant().plus(broker.clockAhead());
  }
}
