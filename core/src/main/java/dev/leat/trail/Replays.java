package dev.leat.trail;

import dev.leat.BadConfiguration;
import dev.leat.BadMessage;
import dev.leat.LeatException;
import dev.leat.MessageId;
import dev.leat.Topic;
import dev.leat.broker.Broker;
import dev.leat.broker.Capability;
import dev.leat.wire.PayloadCondition;
import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Sends recorded requests again, to see whether a new version of a worker answers them as the old
 * one did, or to have done once more what was done wrong. Whoever asked first hears nothing of it.
 *
 * <p>What is to be sent is written down when a replay begins, in a stream of its own; each request
 * is moved from there to its topic, by one step of the broker. So a replay that was stopped, or
 * died, goes on where it was: nothing is lost or sent twice.
 *
 * <p>Blocks: for virtual threads and the command, not for an event loop. Any thread.
 */
public final class Replays {
  static final String PREPARED = "replay.prepared";
  static final String BEGUN = "replay.begun";
  static final String RESUMED = "replay.resumed";
  static final String STOPPED = "replay.stopped";
  static final String ENDED = "replay.ended";
  static final String UNDONE = "replay.undone";

  private final Broker broker;
  private final InstantSource clock;
  private final AuditLog audit;
  private final MessageId ids;

  /**
   * Of a broker's requests.
   *
   * @throws dev.leat.Unsupported if its streams cannot be looked at by time, or nothing can be
   *     moved between them
   */
  public Replays(Broker broker) {
    this(broker, InstantSource.system());
  }

  Replays(Broker broker, InstantSource clock) {
    broker.require(Capability.RANGE);
    broker.require(Capability.TIME_POSITION);
    broker.require(Capability.MOVE);
    broker.require(Capability.TRIM);
    broker.require(Capability.NOTES);
    this.broker = broker;
    this.clock = clock;
    this.audit = new AuditLog(broker);
    this.ids = MessageId.secure(clock);
  }

  /**
   * What a plan comes to.
   *
   * @param requests that are sent
   * @param bytes of their payloads
   * @param replays left out since they were sent by a replay themselves; an id takes them
   * @param open left out since a group has not completed them; an id takes them
   * @param unanswered left out since no reply to compare with is remembered
   * @param missing ids of which nothing is remembered
   * @param unsendable left out since they have as many headers as a message may have
   */
  public record Selection(
      long requests,
      long bytes,
      long replays,
      long open,
      long unanswered,
      long missing,
      long unsendable) {}

  /**
   * What it would send now. Nothing is.
   *
   * @throws BadConfiguration if nobody would do what is sent
   */
  public Selection look(ReplayPlan plan) {
    Backlog.of(broker, plan).refuseUnlessRead();
    RecordedRequests recorded = new RecordedRequests(broker, bounded(plan));
    recorded.forEach(portion -> {});
    return recorded.selection();
  }

  /**
   * Writes down what is to be sent. Nothing is, until it is told to. To be closed: until then no
   * other process can go on with it, or undo it.
   *
   * @param by who has it done, for those who ask later
   * @throws BadConfiguration if nobody would do what is sent
   * @throws dev.leat.StreamFull if there is no room for it
   */
  public Replay prepare(ReplayPlan plan, String by) {
    ReplayPlan bounded = bounded(plan);
    bounded.where().forEach(PayloadCondition::parse);
    Backlog.of(broker, bounded).refuseUnlessRead();
    dropLateReplies();
    String id = ids.next();
    ReplayLease lease = ReplayLease.take(broker, id, by);
    ReplaySet set = new ReplaySet(broker, id);
    try {
      audit.add(id, PREPARED, bounded.topic().toString(), by, new ReplayNotes(bounded, Map.of()));
      RecordedRequests recorded = new RecordedRequests(broker, bounded);
      recorded.forEach(
          portion -> {
            lease.refuseIfLost();
            set.add(portion, bounded, ids);
          });
      Selection selection = recorded.selection();
      Map<String, Long> counts = new LinkedHashMap<>();
      counts.put("requests", selection.requests());
      counts.put("bytes", selection.bytes());
      audit.add(id, BEGUN, bounded.topic().toString(), by, new ReplayNotes(null, counts));
      return new Replay(broker, clock, audit, lease, set, bounded, selection, by);
    } catch (RuntimeException failure) {
      try (lease) {
        set.drop();
        audit.add(id, UNDONE, bounded.topic().toString(), by, new ReplayNotes(null, Map.of()));
      } catch (LeatException away) {
        failure.addSuppressed(away);
      }
      throw failure;
    }
  }

  /** Those that came when a replay was over: nobody else looks after them. */
  private void dropLateReplies() {
    all(broker).stream()
        .filter(State::isOver)
        .map(one -> new ReplaySet(broker, one.id()).dropReplies())
        .toList()
        .forEach(StreamScan::result);
  }

  /**
   * One that was begun, and not ended. To be closed: until then no other process can go on with it,
   * or undo it.
   *
   * @throws BadConfiguration if there is none, or another process is at work on it
   */
  public Replay find(String id, String by) {
    State state = state(id);
    if (state.phase().equals("prepared")) {
      throw new BadConfiguration(
          "replay %s was not written down to its end and has sent nothing: --undo clears it away"
              .formatted(id));
    }
    if (state.isOver()) {
      throw over(state);
    }
    return new Replay(
        broker,
        clock,
        audit,
        ReplayLease.take(broker, id, by),
        new ReplaySet(broker, id),
        state.plan(),
        new Selection(state.requests(), state.counts().getOrDefault("bytes", 0L), 0, 0, 0, 0, 0),
        by);
  }

  private State state(String id) {
    return of(broker, id)
        .orElseThrow(
            () ->
                new BadConfiguration(
                    "there is no replay '%s'; leat replay --list shows all".formatted(id)));
  }

  private static BadConfiguration over(State state) {
    return new BadConfiguration(
        "replay %s has %s already, at %s"
            .formatted(
                state.id(), state.phase().equals("ended") ? "ended" : "been undone", state.at()));
  }

  /**
   * A replay, as it stands.
   *
   * @param by who began it
   * @param began when
   * @param phase what was done last: "prepared", "begun", "resumed", "stopped", "ended" or "undone"
   * @param at when that was
   * @param requests that it sends, all together; 0 before that was written down
   * @param left of them, that were not sent
   * @param counts what else was written down of it, by name
   */
  public record State(
      String id,
      ReplayPlan plan,
      String by,
      Instant began,
      String phase,
      Instant at,
      long requests,
      long left,
      Map<String, Long> counts) {
    /** Whether there is nothing left of it to go on with. */
    public boolean isOver() {
      return phase.equals("ended") || phase.equals("undone");
    }
  }

  /** What is remembered of one; empty where that is nothing. */
  public static Optional<State> of(Broker broker, String id) {
    return all(broker).stream().filter(one -> one.id().equals(id)).findFirst();
  }

  /** All that are remembered, oldest first. */
  public List<State> all() {
    return all(broker);
  }

  private static List<State> all(Broker broker) {
    Map<String, State> all = new LinkedHashMap<>();
    for (AuditLog.Action action : new AuditLog(broker).all()) {
      if (!action.action().startsWith("replay.")) {
        continue;
      }
      ReplayNotes notes;
      try {
        notes = action.details(ReplayNotes.class);
      } catch (BadMessage strangers) {
        continue;
      }
      if (notes.plan() != null) {
        all.put(
            action.id(),
            new State(
                action.id(),
                notes.plan(),
                action.by(),
                action.at(),
                "prepared",
                action.at(),
                0,
                0,
                Map.of()));
      } else {
        all.computeIfPresent(action.id(), (id, before) -> next(before, action, notes));
      }
    }
    return all.values().stream().map(state -> withLeft(broker, state)).toList();
  }

  private static State next(State before, AuditLog.Action action, ReplayNotes notes) {
    Map<String, Long> counts = new LinkedHashMap<>(before.counts());
    counts.putAll(notes.counts());
    return new State(
        before.id(),
        before.plan(),
        before.by(),
        before.began(),
        action.action().substring("replay.".length()),
        action.at(),
        counts.getOrDefault("requests", 0L),
        0,
        counts);
  }

  private static State withLeft(Broker broker, State state) {
    return new State(
        state.id(),
        state.plan(),
        state.by(),
        state.began(),
        state.phase(),
        state.at(),
        state.requests(),
        state.isOver() ? 0 : new ReplaySet(broker, state.id()).left(),
        state.counts());
  }

  /**
   * What undoing has come to.
   *
   * @param unsent requests that were not sent, and will not be
   * @param takenBack of those that were sent, before anybody had begun them
   * @param begun of those that were sent, which is not undone
   */
  public record Undone(long unsent, long takenBack, long begun) {}

  /**
   * Undoes a replay as far as nothing was begun; what is left of it is dropped.
   *
   * @throws BadConfiguration if there is none, it was undone before, or a process is at work on it
   */
  public Undone undo(String id, String by) {
    State state = state(id);
    if (state.phase().equals("undone")) {
      throw over(state);
    }
    Undone undone;
    try (ReplayLease lease = ReplayLease.take(broker, id, by)) {
      lease.refuseIfLost();
      ReplaySet set = new ReplaySet(broker, id);
      undone = set.takeBack(state, set.dropUnsent());
      set.drop();
      note(state, undone, by);
    }
    return undone;
  }

  private void note(State state, Undone undone, String by) {
    Map<String, Long> counts = new LinkedHashMap<>();
    counts.put("unsent", undone.unsent());
    counts.put("takenBack", undone.takenBack());
    counts.put("alreadyBegun", undone.begun());
    audit.add(
        state.id(), UNDONE, state.plan().topic().toString(), by, new ReplayNotes(null, counts));
  }

  /** Nothing is sent again that comes while it is at work. */
  private ReplayPlan bounded(ReplayPlan plan) {
    Instant now = clock.instant().plus(broker.clockAhead());
    if (!plan.to().isAfter(now)) {
      return plan;
    }
    if (!plan.from().isBefore(now)) {
      throw new BadConfiguration("nothing is recorded of a time that is still to come");
    }
    Topic topic = plan.topic();
    return new ReplayPlan(
        topic,
        plan.from(),
        now,
        plan.types(),
        plan.ids(),
        plan.where(),
        plan.into(),
        plan.group(),
        plan.rate(),
        plan.backlog(),
        plan.compares(),
        plan.keys(),
        plan.deadlines(),
        plan.patience());
  }
}
