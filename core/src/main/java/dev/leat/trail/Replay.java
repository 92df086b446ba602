package dev.leat.trail;

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

/** A replay that is written down, and can be sent. Blocks; one thread. */
public final class Replay {
  private static final long SECOND = 1_000_000_000;

  /** Requests that are sent together: others wait for as long as that takes. */
  private static final int PORTION = 100;

  /** Between two looks at what is due, and at what has come. */
  private static final Duration PAUSE = Duration.ofMillis(10);

  private final Broker broker;
  private final InstantSource clock;
  private final AuditLog audit;
  private final ReplaySet set;
  private final ReplayPlan plan;
  private final Replays.Selection selection;
  private final String by;
  private final Backlog backlog;

  Replay(
      Broker broker,
      InstantSource clock,
      AuditLog audit,
      ReplaySet set,
      ReplayPlan plan,
      Replays.Selection selection,
      String by) {
    this.broker = broker;
    this.clock = clock;
    this.audit = audit;
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

  /** What it comes to. */
  public Replays.Selection selection() {
    return selection;
  }

  /**
   * How it has gone.
   *
   * @param sent of its requests, by anybody
   * @param left that were not sent
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
    boolean isSent = send(selection.requests() - left, replies, listener, isStopped);
    boolean isOver = isSent && replies.await(isStopped);
    left = isSent ? 0 : set.left();
    Result result =
        new Result(
            selection.requests() - left,
            left,
            replies.same(),
            replies.different(),
            isOver ? replies.missing() : 0,
            !isOver);
    end(result, replies);
    return result;
  }

  /** Gives false if it was told to stop. */
  private boolean send(
      long before, ReplayReplies replies, ReplayListener listener, BooleanSupplier isStopped) {
    long begin = System.nanoTime();
    long sent = 0;
    while (!isStopped.getAsBoolean()) {
      replies.read();
      long nanos = System.nanoTime();
      long due = (long) ((double) (nanos - begin) / SECOND * plan.rate()) + 1 - sent;
      int many = (int) Math.min(Math.min(due, PORTION), backlog.room(nanos));
      List<Entry> next = many > 0 ? set.next(many) : List.of();
      if (many > 0 && next.isEmpty()) {
        return true;
      }
      replies.expect(next);
      backlog.sent(set.send(next, plan.into(), plan.compares() ? set.replyAddress() : "", now()));
      sent += next.size();
      listener.onProgress(before + sent, selection.requests(), replies.compared());
      if (due <= PORTION) {
        LockSupport.parkNanos(PAUSE.toNanos());
      }
    }
    return false;
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
