package dev.leat.trail;

import dev.leat.BadConfiguration;
import dev.leat.LeatException;
import dev.leat.MessageId;
import dev.leat.Position;
import dev.leat.Topic;
import dev.leat.broker.Broker;
import dev.leat.broker.Capability;
import dev.leat.broker.GroupHealth;
import dev.leat.broker.StreamHealth;
import dev.leat.trail.DeadLetters.Kept;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.LongConsumer;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends dead letters back to the groups that gave them up: those that stand there when it begins.
 * It may be ended at any time; none is lost, or sent twice. Who has it done is written down before
 * the first is sent. Blocks; one thread.
 */
public final class Redrive {
  private static final Logger log = LoggerFactory.getLogger(Redrive.class);

  /** Between two looks at whether the groups are still there. */
  private static final Duration LOOK = Duration.ofSeconds(1);

  /** Whoever stops it does not wait for longer. */
  private static final Duration LONGEST_PAUSE = Duration.ofMillis(100);

  private final Broker broker;
  private final Topic topic;
  private final DeadLetters letters;
  private final LetterFilter filter;
  private final String group;
  private final double rate;
  private final AuditLog audit;
  private final String id = MessageId.secure(InstantSource.system()).next();
  private Set<String> groups;
  private long lookedAt;

  private long sent;
  private long missed;
  private long broken;
  private boolean isStopped;
  private boolean isNoted;

  /** How many stay since their group is not there any more, by its name. */
  private final Map<String, Long> stranded = new TreeMap<>();

  /**
   * Of a topic's dead letters.
   *
   * @param group to which they are sent; empty for the one that gave each up
   * @param rate how many a second, at most
   * @throws BadConfiguration if there is no such topic, or group
   */
  public Redrive(Broker broker, Topic topic, LetterFilter filter, String group, double rate) {
    broker.require(Capability.RANGE);
    broker.require(Capability.MOVE);
    this.broker = broker;
    this.topic = topic;
    this.letters = new DeadLetters(broker, topic);
    this.filter = filter;
    this.group = group;
    this.rate = rate;
    this.audit = new AuditLog(broker);
    StreamHealth health = StreamScan.result(broker.health(topic.incoming()));
    this.groups = groups(health);
    this.lookedAt = System.nanoTime();
    if (!group.isEmpty() && !groups.contains(group)) {
      throw new BadConfiguration(
          "topic %s has no group '%s'; %s".formatted(topic, group, others()));
    }
    if (groups.isEmpty() && health.length().orElse(1) == 0 && isEmpty()) {
      throw new BadConfiguration(
          "there is no topic '%s': nothing was ever sent to it".formatted(topic));
    }
  }

  /**
   * What it has come to.
   *
   * @param sent back
   * @param missed that somebody else took meanwhile
   * @param broken whose entry is broken or lost: they stay
   * @param stranded that stay since their group is not there any more, by its name
   * @param isStopped whether it was told to stop before it had seen all
   */
  public record Result(
      long sent, long missed, long broken, Map<String, Long> stranded, boolean isStopped) {}

  /** By which it stands in the audit stream. */
  public String id() {
    return id;
  }

  /** Which groups there are instead of one that is not. */
  public String others() {
    return groups.isEmpty()
        ? "nor any other; start the workers first"
        : "--group chooses another: " + String.join(", ", groups);
  }

  /** What it would send. Nothing is. */
  public Result look() {
    letters.forEach(
        kept -> {
          sent += filter.takes(kept.letter()) && isSendable(kept) ? 1 : 0;
          return true;
        });
    return result();
  }

  /**
   * Sends them.
   *
   * @param onSent told after each how many were
   * @param isStopped asked before each
   * @param by who has it done, for those who ask later
   */
  public Result run(LongConsumer onSent, BooleanSupplier isStopped, String by) {
    Pace pace = new Pace(rate, System.nanoTime());
    try {
      letters.forEach(
          kept -> {
            if (isStopped.getAsBoolean()) {
              this.isStopped = true;
              return false;
            }
            return !filter.takes(kept.letter()) || send(kept, pace, onSent, isStopped, by);
          });
      return result();
    } finally {
      noteEnd(by);
    }
  }

  /** Gives false where it was told to stop. */
  private boolean send(
      Kept kept, Pace pace, LongConsumer onSent, BooleanSupplier isStopped, String by) {
    if (!isSendable(kept)) {
      return true;
    }
    noteBegin(by);
    while (pace.due(System.nanoTime()) < 1) {
      if (isStopped.getAsBoolean()) {
        this.isStopped = true;
        return false;
      }
      LockSupport.parkNanos(Math.min(pace.left(), LONGEST_PAUSE.toNanos()));
    }
    lookForGroups();
    // A group may have gone meanwhile: what is sent to it would be handled by nobody.
    if (isSendable(kept)) {
      boolean there = StreamScan.result(letters.redrive(kept, whose(kept)));
      sent += there ? 1 : 0;
      missed += there ? 0 : 1;
      pace.did(1);
      onSent.accept(sent);
    }
    return true;
  }

  private void lookForGroups() {
    long now = System.nanoTime();
    if (now - lookedAt > LOOK.toNanos()) {
      groups = groups(StreamScan.result(broker.health(topic.incoming())));
      lookedAt = now;
    }
  }

  private static Set<String> groups(StreamHealth health) {
    return health.groups().stream()
        .map(GroupHealth::group)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private void noteBegin(String by) {
    if (isNoted) {
      return;
    }
    Map<String, Object> what = new LinkedHashMap<>();
    what.put("ids", filter.ids());
    what.put("types", filter.types());
    what.put("since", filter.since().map(Instant::toString).orElse(""));
    what.put("cause", filter.cause());
    what.put("group", group);
    what.put("rate", rate);
    audit.add(id, "redrive.begun", topic.toString(), by, what);
    isNoted = true;
  }

  /** However it has ended; what was sent is sent. */
  private void noteEnd(String by) {
    if (!isNoted) {
      return;
    }
    Map<String, Object> counts = new LinkedHashMap<>();
    counts.put("sent", sent);
    counts.put("missed", missed);
    counts.put("broken", broken);
    counts.put("stranded", stranded);
    counts.put("stopped", isStopped);
    try {
      audit.add(id, "redrive.ended", topic.toString(), by, counts);
    } catch (LeatException away) {
      log.warn(
          "redrive={} topic={} sent={} its end is not in the audit stream: {}",
          id,
          topic,
          sent,
          away.getMessage());
    }
  }

  private Result result() {
    return new Result(sent, missed, broken, Map.copyOf(stranded), isStopped);
  }

  private boolean isSendable(Kept kept) {
    String whose = whose(kept);
    if (kept.letter().isOfBrokenEntry()) {
      broken++;
      return false;
    }
    if (!groups.contains(whose) && (!whose.isEmpty() || groups.isEmpty())) {
      stranded.merge(whose, 1L, Long::sum);
      return false;
    }
    return true;
  }

  private String whose(Kept kept) {
    return group.isEmpty() ? kept.letter().group() : group;
  }

  private boolean isEmpty() {
    return StreamScan.result(letters.range(Position.START, 1)).isEmpty()
        && StreamScan.result(letters.rangeOfOthers(Position.START, 1)).isEmpty();
  }
}
