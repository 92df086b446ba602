package dev.leat.trail;

import dev.leat.BadConfiguration;
import dev.leat.Position;
import dev.leat.Topic;
import dev.leat.broker.Broker;
import dev.leat.broker.Capability;
import dev.leat.broker.GroupHealth;
import dev.leat.broker.StreamHealth;
import dev.leat.trail.DeadLetters.Kept;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.LongConsumer;
import java.util.stream.Collectors;

/**
 * Sends dead letters back to the groups that gave them up: those that stand there when it begins.
 * It may be ended at any time; none is lost, or sent twice. Blocks; one thread.
 */
public final class Redrive {
  private static final long SECOND = 1_000_000_000;

  private final Broker broker;
  private final Topic topic;
  private final DeadLetters letters;
  private final LetterFilter filter;
  private final String group;
  private final double rate;
  private final Set<String> groups;

  private long sent;
  private long missed;
  private long broken;

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
    StreamHealth health = StreamScan.result(broker.health(topic.incoming()));
    this.groups =
        health.groups().stream()
            .map(GroupHealth::group)
            .collect(Collectors.toCollection(TreeSet::new));
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
   */
  public record Result(long sent, long missed, long broken, Map<String, Long> stranded) {}

  /** Which groups there are instead of one that is not. */
  public String others() {
    return groups.isEmpty()
        ? "nor any other; start the workers first"
        : "--group chooses another: " + String.join(", ", groups);
  }

  /** What it would send. Nothing is. */
  public Result look() {
    letters.forEach(
        filter,
        kept -> {
          sent += isSendable(kept) ? 1 : 0;
          return true;
        });
    return result();
  }

  /**
   * Sends them, and notes who had it done.
   *
   * @param onSent told after each how many were
   * @param isStopped asked before each
   */
  public Result run(LongConsumer onSent, BooleanSupplier isStopped, String by) {
    long begin = System.nanoTime();
    letters.forEach(
        filter,
        kept -> {
          if (isStopped.getAsBoolean()) {
            return false;
          }
          if (isSendable(kept)) {
            pace(begin);
            boolean there = StreamScan.result(letters.redrive(kept, whose(kept)));
            sent += there ? 1 : 0;
            missed += there ? 0 : 1;
            onSent.accept(sent);
          }
          return true;
        });
    if (sent > 0) {
      Map<String, Object> counts = new LinkedHashMap<>();
      counts.put("sent", sent);
      counts.put("group", group);
      new AuditLog(broker).add("redrive", topic.toString(), by, counts);
    }
    return result();
  }

  private Result result() {
    return new Result(sent, missed, broken, Map.copyOf(stranded));
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

  /** Waits until the next one is due. */
  private void pace(long begin) {
    long due = begin + (long) ((sent + missed) / rate * SECOND);
    for (long left = due - System.nanoTime(); left > 0; left = due - System.nanoTime()) {
      LockSupport.parkNanos(left);
    }
  }
}
