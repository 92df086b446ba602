package dev.leat.bridge;

import dev.leat.BadConfiguration;
import dev.leat.BadMessage;
import dev.leat.Leat;
import dev.leat.Position;
import dev.leat.StreamRef;
import dev.leat.Topic;
import dev.leat.broker.Append;
import dev.leat.broker.Broker;
import dev.leat.broker.Capability;
import dev.leat.broker.Entry;
import dev.leat.broker.GroupHealth;
import dev.leat.broker.Membership;
import dev.leat.broker.OpenMessage;
import dev.leat.broker.Subscription;
import dev.leat.trail.StreamScan;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Copies what a group has completed and its broker still keeps, to where the topic has no group
 * yet; then makes the group there, which begins behind all of it. Blocks.
 */
final class KeptCopies {
  private static final Logger log = LoggerFactory.getLogger(KeptCopies.class);
  private static final int PAGE = 200;

  private final Leat from;
  private final Leat to;
  private final Topic topic;
  private final Membership member;
  private final BridgeMarks marks;

  KeptCopies(Leat from, Leat to, Membership member, BridgeMarks marks) {
    from.broker().require(Capability.CENSUS);
    this.from = from;
    this.to = to;
    this.topic = member.topic();
    this.member = member;
    this.marks = marks;
  }

  long copy() {
    refuseGroups();
    StreamRef stream = topic.incoming();
    // What came since is open, or is as well as.
    long end = StreamScan.result(from.broker().census(topic)).at().toEpochMilli();
    Set<String> open = open();
    long copied = 0;
    Position position = marks.last();
    List<Entry> page = before(end, StreamScan.result(from.broker().range(stream, position, PAGE)));
    while (!page.isEmpty()) {
      for (Entry one : page) {
        copied += !open.contains(one.id()) && copy(stream, one) ? 1 : 0;
        position = Position.after(one.id());
      }
      marks.reached(page.getLast().id());
      // One that came meanwhile would be handed what is copied from now on.
      refuseGroups();
      page = before(end, StreamScan.result(from.broker().range(stream, position, PAGE)));
    }
    makeGroup();
    return copied;
  }

  private static List<Entry> before(long end, List<Entry> page) {
    return page.stream().filter(one -> one.at() < end).toList();
  }

  private boolean copy(StreamRef stream, Entry one) {
    try {
      Object unused = StreamScan.result(to.broker().append(new Append(stream, one.message())));
      return true;
    } catch (BadMessage refused) {
      log.warn(
          "topic={} message={} is not copied: {}", topic, one.message().id(), refused.getMessage());
      return false;
    }
  }

  private void refuseGroups() {
    List<GroupHealth> groups = StreamScan.result(to.broker().health(topic.incoming())).groups();
    if (!groups.isEmpty()) {
      throw new BadConfiguration(
          "topic %s has the group '%s' there already, which would be handed what was completed here: leave out --kept, or begin before its workers do"
              .formatted(topic, groups.getFirst().group()));
    }
  }

  /** What the group has still to do. What comes from now on is behind all that is looked at. */
  private Set<String> open() {
    Broker broker = from.broker();
    Set<String> open = new HashSet<>();
    boolean isThere =
        StreamScan.result(broker.health(topic.incoming())).groups().stream()
            .anyMatch(one -> one.group().equals(member.group()));
    Position position = Position.START;
    while (true) {
      List<OpenMessage> page =
          StreamScan.result(broker.open(topic, isThere ? member.group() : "", position, PAGE));
      if (page.isEmpty()) {
        return open;
      }
      page.forEach(one -> open.add(one.entryId()));
      position = Position.after(page.getLast().entryId());
    }
  }

  private void makeGroup() {
    try (Subscription joined = to.broker().subscribe(member.withStart(Position.NOW), batch -> {})) {
      Object unused = StreamScan.result(joined.ready());
    }
  }
}
