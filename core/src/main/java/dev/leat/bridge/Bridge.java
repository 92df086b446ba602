package dev.leat.bridge;

import dev.leat.BadConfiguration;
import dev.leat.Leat;
import dev.leat.Topic;
import dev.leat.Worker;
import dev.leat.broker.Broker;
import dev.leat.broker.Capability;
import dev.leat.broker.GroupHealth;
import dev.leat.broker.Membership;
import dev.leat.trail.StreamScan;
import java.util.List;
import java.util.concurrent.CompletionStage;

/**
 * A topic that moves from one broker to another while both are in use. What is asked at the first
 * is handed to the workers at the other, under its own id, and what they answer goes back to
 * whoever asked. Dead letters are copied as they come; what is completed and kept is, once, if that
 * is wanted.
 *
 * <p>At the first broker it is a member of the workers' group: a request is completed there once it
 * is answered, so that a bridge that dies loses none, though what it had on its way is done once
 * more. Opening and closing block; any thread.
 */
public final class Bridge implements AutoCloseable {
  private final BridgedRequests requests;
  private final LetterCopies letters;
  private final long kept;

  private Bridge(BridgedRequests requests, LetterCopies letters, long kept) {
    this.requests = requests;
    this.letters = letters;
    this.kept = kept;
  }

  /**
   * How a topic moves.
   *
   * @param group whose requests are handed on; empty for the only one that answers
   * @param isOrdered whether the group keeps order by key; one key's next request is handed on once
   *     the one before is answered
   * @param concurrency requests that are on their way at a time, at most
   * @param isKept whether what is completed is copied before anything else: for looking at, and to
   *     be replayed. The topic must have no workers at the other broker yet
   */
  public record Plan(String group, boolean isOrdered, int concurrency, boolean isKept) {
    /** Refuses a concurrency of none. */
    public Plan {
      if (concurrency < 1) {
        throw new BadConfiguration(
            "a bridge hands on at least 1 request at a time, was " + concurrency);
      }
    }
  }

  /**
   * What has been done so far.
   *
   * @param sent requests that were handed on
   * @param answered of them; and those that ask for no answer
   * @param open that are on their way
   * @param givenUp that the other broker does not take: dead letters at the first
   * @param letters dead letters that were copied
   * @param kept completed requests that were copied
   */
  public record Counts(
      long sent, long answered, long open, long givenUp, long letters, long kept) {}

  /**
   * Begins. What is kept is copied when this returns.
   *
   * @throws BadConfiguration if there is no such group, or several of which none is named
   */
  public static Bridge open(Leat from, Leat to, Topic topic, Plan plan) {
    Broker first = from.broker();
    first.require(Capability.TAIL);
    first.require(Capability.RANGE);
    to.broker().require(Capability.REPLIES);
    String group = group(first, topic, plan.group());
    Membership member = Membership.of(topic, group, to.nextLane());
    Membership own = plan.isOrdered() ? member.inOrder() : member;
    String source = BridgeMarks.identity(from);
    String target = BridgeMarks.identity(to);
    if (source.equals(target)) {
      throw new BadConfiguration("both are the same broker: a bridge has one at each end");
    }
    long kept = plan.isKept() ? copyKept(from, to, own, source) : 0;
    BridgeMarks marks = new BridgeMarks(to, source, topic, "dead-letters");
    LetterCopies letters = new LetterCopies(from, to, topic, source, target, marks);
    BridgedRequests requests =
        new BridgedRequests(from, to, own, source, target, plan.concurrency());
    Bridge bridge = new Bridge(requests, letters, kept);
    try {
      requests.begin();
      letters.begin();
    } catch (RuntimeException refused) {
      bridge.close();
      throw refused;
    }
    return bridge;
  }

  private static long copyKept(Leat from, Leat to, Membership member, String source) {
    BridgeMarks marks = new BridgeMarks(to, source, member.topic(), "kept");
    return new KeptCopies(from, to, member, marks).copy();
  }

  /** Whose requests are handed on: another group would be handed what was completed long ago. */
  private static String group(Broker broker, Topic topic, String named) {
    List<String> all =
        StreamScan.result(broker.health(topic.incoming())).groups().stream()
            .filter(GroupHealth::answers)
            .map(GroupHealth::group)
            .sorted()
            .toList();
    if (named.isEmpty() && all.size() > 1) {
      throw new BadConfiguration(
          "several groups answer topic %s: choose one by --group, of %s"
              .formatted(topic, String.join(", ", all)));
    }
    if (!named.isEmpty() && !all.isEmpty() && !all.contains(named)) {
      throw new BadConfiguration(
          "topic %s has no group '%s' that answers; --group chooses another: %s"
              .formatted(topic, named, String.join(", ", all)));
    }
    if (!named.isEmpty()) {
      return named;
    }
    return all.isEmpty() ? Worker.DEFAULT_GROUP : all.getFirst();
  }

  /** Completes once requests are handed on; fails if the first broker refuses it. */
  public CompletionStage<?> ready() {
    return requests.ready();
  }

  /** Completes, by its cause, if it has ended and does not go on. */
  public CompletionStage<?> ended() {
    return requests.ended();
  }

  /** What has been done so far. */
  public Counts counts() {
    return requests.counts(letters.copied(), kept);
  }

  /**
   * Takes no more, and waits some seconds for the answers to what is on its way; what is still open
   * then goes back to its group.
   */
  @Override
  public void close() {
    letters.close();
    requests.close();
  }
}
