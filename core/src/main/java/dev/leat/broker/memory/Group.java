package dev.leat.broker.memory;

import dev.leat.Message;
import dev.leat.broker.EventLoop;
import dev.leat.broker.GroupCensus;
import dev.leat.broker.Membership;
import dev.leat.broker.OpenMessage;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.LongFunction;
import java.util.function.LongPredicate;
import org.jspecify.annotations.Nullable;

/**
 * A group's place in a log, and what it has been handed and not completed. Guarded by its stream's
 * lock.
 *
 * <p>A message that was handed over is either held by a member until its lease lapses, or waits for
 * its delay to pass, or is ready for whoever asks next, or waits for its turn; the first two end by
 * the clock, and one timer per group is set to whichever ends first.
 */
final class Group {
  /** A message that was handed over at least once and is not completed. */
  static final class Pending {
    private final long offset;
    private int attempt;

    /** How often it was handed over, also to members that declined. */
    private int handed;

    private boolean held;

    /** Who was handed it last; nobody where it waits for its first time. */
    private @Nullable Member holder;

    private boolean ready;

    /** What it is about, where order is kept. */
    private @Nullable String key;

    /** Another of its key comes first: it is neither held nor ready. */
    private boolean waiting;

    /** When its lease lapses, or its delay has passed; not looked at while it is ready. */
    private long wakeAt;

    private Pending(long offset) {
      this.offset = offset;
    }

    long offset() {
      return offset;
    }

    int attempt() {
      return attempt;
    }

    int handed() {
      return handed;
    }

    long wakeAt() {
      return wakeAt;
    }

    /** Whether nobody has it, and nobody is to have it yet. */
    boolean isDelayed() {
      return !held && !ready && !waiting;
    }

    @Nullable String key() {
      return key;
    }

    /** How it stands, and what it is. */
    OpenMessage open(String entryId, Instant acceptedAt, Message message) {
      OpenMessage.State state =
          held
              ? OpenMessage.State.RUNNING
              : isDelayed()
                  ? OpenMessage.State.DELAYED
                  : waiting ? OpenMessage.State.HELD_BACK : OpenMessage.State.WAITING;
      return new OpenMessage(
          entryId,
          acceptedAt,
          message,
          state,
          attempt,
          held ? Optional.ofNullable(holder).map(Pending::name) : Optional.empty(),
          isDelayed() ? Optional.of(Instant.ofEpochMilli(wakeAt)) : Optional.empty());
    }

    private static String name(Member member) {
      return member.membership().member();
    }

    void lineUp(String about, boolean behindOthers) {
      key = about;
      waiting = behindOthers;
    }

    void isNext() {
      waiting = false;
    }
  }

  private static final long NEVER = Long.MAX_VALUE;

  private final String name;
  private final EventLoop loop;
  private final Runnable onWake;
  private final List<Member> members = new ArrayList<>();

  /** Oldest first: an entry keeps its place when it is handed over again. */
  private final Map<Long, Pending> pending = new LinkedHashMap<>();

  private final ArrayDeque<Pending> ready = new ArrayDeque<>();
  private boolean answers = true;
  private long cursor;
  private int turn;

  /** Null where no order is kept. */
  private @Nullable Turns turns;

  private long timerAt = NEVER;
  private EventLoop.@Nullable Timer timer;

  /**
   * A group that begins at an offset.
   *
   * @param onWake told, on the loop and without the lock, that {@link #wake} is due
   */
  Group(String name, long cursor, EventLoop loop, Runnable onWake) {
    this.name = name;
    this.cursor = cursor;
    this.loop = loop;
    this.onWake = onWake;
  }

  String name() {
    return name;
  }

  List<Member> members() {
    return members;
  }

  /**
   * Keeps order by key from now on, if a member that joins wants that.
   *
   * @throws dev.leat.BadConfiguration if others do, and the one that joins does not
   */
  void order(Membership joining) {
    if (joining.ordered() && turns == null) {
      turns = new Turns();
    } else if (!joining.ordered() && turns != null) {
      throw joining.breaksOrder();
    }
  }

  boolean isOrdered() {
    return turns != null;
  }

  /** As it was written down: so far it has come, and that is how it is. */
  void restore(long come, boolean ordered, boolean answersAll) {
    skipTo(come);
    turns = ordered && turns == null ? new Turns() : turns;
    answers = answersAll;
  }

  /** As it was written down: a message was handed over, or passed over, so many times. */
  void restoreHanded(long offset, int attempt) {
    skipTo(offset + 1);
    Pending one = pending.computeIfAbsent(offset, Pending::new);
    one.attempt = attempt;
    // Whoever waits for its turn, or is to catch up, was handed to nobody.
    one.handed = attempt == 0 ? one.handed : Math.max(one.handed + 1, attempt);
    one.wakeAt = 0;
  }

  /** As it was written down: a message was given back, and waits until then. */
  void restoreReleased(long offset, int attempt, long until, long delay) {
    Pending one = pending.get(offset);
    if (one != null) {
      one.attempt = attempt;
      // A clock that was set back meanwhile must not make it wait for longer than was asked for.
      one.wakeAt = Math.min(until, loop.clock().millis() + delay);
    }
  }

  /** As it was written down: a message was ended. */
  void restoreDone(long offset) {
    pending.remove(offset);
  }

  /**
   * All is restored: whoever held what is not ended is not there any more.
   *
   * @param isThere whether there is a message at an offset
   * @param keys what the message at an offset is about, where order is kept
   */
  void restored(LongPredicate isThere, LongFunction<Optional<String>> keys) {
    List<Pending> left =
        pending.values().stream()
            .filter(one -> isThere.test(one.offset))
            .sorted(Comparator.comparingLong(Pending::offset))
            .toList();
    pending.clear();
    for (Pending one : left) {
      pending.put(one.offset, one);
      if (isTurnOf(one, keys)) {
        release(one, Duration.ofMillis(Math.max(0, one.wakeAt - loop.clock().millis())));
      }
    }
  }

  List<Pending> pending() {
    return List.copyOf(pending.values());
  }

  /** Whether it answers those who ask, as its last member said. */
  boolean answers() {
    return answers;
  }

  void answers(boolean said) {
    answers = said;
  }

  long cursor() {
    return cursor;
  }

  /** Messages that a member has, or that are to be handed over again. */
  int pendingCount() {
    return pending.size() - waiting();
  }

  /** Messages that were passed over for now, since another of their key comes first. */
  int waiting() {
    return turns == null ? 0 : turns.waiting();
  }

  /** How its work stands. */
  GroupCensus census(Log log) {
    long running = 0;
    long delayed = 0;
    long oldest = log.firstPresent(cursor);
    long oldestWaiting = oldest;
    Map<String, Long> holds = new TreeMap<>();
    members.forEach(member -> holds.put(Pending.name(member), 0L));
    Set<String> there = Set.copyOf(holds.keySet());
    for (Pending one : pending.values()) {
      boolean isThere = log.isThere(one.offset);
      oldest = isThere ? Math.min(oldest, one.offset) : oldest;
      if (one.held) {
        running++;
        if (one.holder != null) {
          holds.merge(Pending.name(one.holder), 1L, Long::sum);
        }
      } else if (one.isDelayed()) {
        delayed++;
      } else if (one.handed == 0 && isThere) {
        oldestWaiting = Math.min(oldestWaiting, one.offset);
      }
    }
    long unfinished = pending.size() + log.presentFrom(cursor);
    return new GroupCensus(
        name,
        answers,
        OptionalLong.of(unfinished),
        OptionalLong.of(unfinished - running - delayed - waiting()),
        OptionalLong.of(waiting()),
        OptionalLong.of(running),
        OptionalLong.of(delayed),
        OptionalLong.of(0),
        timeOf(log, oldest),
        timeOf(log, oldestWaiting),
        holds.entrySet().stream()
            .map(
                one ->
                    new GroupCensus.Holder(
                        one.getKey(), there.contains(one.getKey()), one.getValue()))
            .toList());
  }

  private static Optional<Instant> timeOf(Log log, long offset) {
    return offset < log.end() ? Optional.of(log.time(offset)) : Optional.empty();
  }

  /** What it has not completed of what stands between two offsets, oldest first. */
  List<OpenMessage> open(Log log, long from, int limit) {
    List<OpenMessage> all = new ArrayList<>();
    // Those that were set aside for a group that came later stand behind others.
    pending.values().stream()
        .filter(one -> one.offset >= from && log.isThere(one.offset))
        .sorted(Comparator.comparingLong(Pending::offset))
        .limit(limit)
        .forEach(
            one ->
                all.add(one.open(log.id(one.offset), log.time(one.offset), log.bare(one.offset))));
    for (long offset = Math.max(from, cursor); offset < log.end() && all.size() < limit; offset++) {
      if (log.isThere(offset)) {
        all.add(log.open(offset));
      }
    }
    return all;
  }

  /** Is to get what stands before its beginning, as what was handed over and comes again. */
  void catchUp(long offset, LongFunction<Optional<String>> keys) {
    Pending one = new Pending(offset);
    pending.put(offset, one);
    if (isTurnOf(one, keys)) {
      makeReady(one);
    }
  }

  boolean isPending(long offset) {
    return pending.containsKey(offset);
  }

  /** Whether a member was handed what stands at an offset; not so what waited for its turn. */
  boolean wasHanded(long offset) {
    Pending known = pending.get(offset);
    return offset < cursor && (known == null || known.handed > 0);
  }

  /** Whether it was handed what stands at an offset, or has it; one that only listens: has it. */
  boolean hasBegun(long offset) {
    return isPending(offset) || (answers && offset < cursor);
  }

  /** What stood before this offset is gone: the group does not wait for it. */
  void skipTo(long offset) {
    cursor = Math.max(cursor, offset);
  }

  /** The member whose turn it is among those that have asked for more. */
  @Nullable Member nextAsking() {
    for (int i = 0; i < members.size(); i++) {
      Member member = members.get((turn + i) % members.size());
      if (member.demand() > 0) {
        turn = (turn + i + 1) % members.size();
        return member;
      }
    }
    return null;
  }

  /**
   * Takes up to a number of messages for a member: those that come back first, then new ones.
   *
   * @param keys what the message at an offset is about, where order is kept
   * @param passedOver is given those that have to wait for others of their key
   */
  List<Pending> take(
      Member member, long end, LongFunction<Optional<String>> keys, List<Pending> passedOver) {
    List<Pending> taken = new ArrayList<>();
    int most = member.batch();
    long until = loop.clock().millis() + member.membership().lease().toMillis();
    while (taken.size() < most && !ready.isEmpty()) {
      Pending again = ready.removeFirst();
      again.ready = false;
      hold(again, member, until);
      taken.add(again);
    }
    while (taken.size() < most && cursor < end) {
      Pending fresh = new Pending(cursor);
      pending.put(cursor, fresh);
      cursor++;
      if (isTurnOf(fresh, keys)) {
        hold(fresh, member, until);
        taken.add(fresh);
      } else {
        passedOver.add(fresh);
      }
    }
    if (!taken.isEmpty()) {
      wakeBy(until);
    }
    return taken;
  }

  boolean holds(Pending message, int handed) {
    return message.held && message.handed == handed;
  }

  /**
   * The timer stays as it is: it fires once a lease at most, to set it anew costs every message.
   *
   * @return whether another is ready because of that
   */
  boolean complete(Pending message) {
    message.held = false;
    pending.remove(message.offset);
    if (turns == null) {
      return false;
    }
    Optional<Pending> next = turns.next(message);
    next.ifPresent(this::makeReady);
    return next.isPresent();
  }

  void extend(Pending message, Duration lease) {
    message.wakeAt = loop.clock().millis() + lease.toMillis();
  }

  void decline(Pending message, Duration delay) {
    message.attempt--;
    release(message, delay);
  }

  void release(Pending message, Duration delay) {
    message.held = false;
    if (delay.isPositive()) {
      message.wakeAt = loop.clock().millis() + delay.toMillis();
      wakeBy(message.wakeAt);
    } else {
      makeReady(message);
    }
  }

  /** Makes ready what the clock has freed, and sets the timer for what comes next. */
  void wake() {
    cancelTimer();
    long now = loop.clock().millis();
    long next = NEVER;
    for (Pending message : pending.values()) {
      if (message.ready || message.waiting) {
        continue;
      }
      if (message.wakeAt <= now) {
        message.held = false;
        makeReady(message);
      } else {
        next = Math.min(next, Math.max(message.wakeAt, now + 1));
      }
    }
    if (next != NEVER) {
      wakeBy(next);
    }
  }

  void cancelTimer() {
    if (timer != null) {
      timer.cancel();
      timer = null;
    }
    timerAt = NEVER;
  }

  private boolean isTurnOf(Pending fresh, LongFunction<Optional<String>> keys) {
    Turns kept = turns;
    return kept == null
        || keys.apply(fresh.offset).map(key -> kept.lineUp(fresh, key)).orElse(true);
  }

  private static void hold(Pending message, Member member, long until) {
    message.holder = member;
    message.attempt++;
    message.handed++;
    message.held = true;
    message.wakeAt = until;
  }

  private void makeReady(Pending message) {
    message.ready = true;
    ready.addLast(message);
  }

  private void wakeBy(long at) {
    if (at >= timerAt) {
      return;
    }
    cancelTimer();
    timerAt = at;
    timer = loop.schedule(Duration.ofMillis(at - loop.clock().millis()), onWake);
  }
}
