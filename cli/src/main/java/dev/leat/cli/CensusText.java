package dev.leat.cli;

import dev.leat.broker.GroupCensus;
import dev.leat.trail.Census;
import dev.leat.trail.TopicCensus;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** A census as people read it. */
final class CensusText {
  private static final String NONE = "-";

  /** Less of a difference than this is no trend. */
  private static final Duration STEADY = Duration.ofMillis(100);

  private CensusText() {}

  /**
   * Lines without their ends.
   *
   * @param before an earlier look, for rates and trends; may be absent
   */
  static List<String> lines(Census census, @Nullable Census before) {
    Table table =
        new Table(
            2, "TOPIC", "GROUP", "OPEN", "WAITING", "RUNNING", "DELAYED", "HELD", "GONE", "OLDEST",
            "LAG", "IN/S", "OUT/S", "MEMBERS", "DEAD");
    for (TopicCensus topic : census.topics()) {
      Optional<TopicCensus> then =
          Optional.ofNullable(before).flatMap(earlier -> earlier.topic(topic.topic()));
      String name = Printable.line(topic.topic().toString());
      if (topic.incoming().groups().isEmpty()) {
        table.row(unread(name, topic, then));
      }
      boolean first = true;
      for (GroupCensus group : topic.incoming().groups()) {
        table.row(row(first ? name : "", topic, group, then, first));
        first = false;
      }
    }
    List<String> lines = new ArrayList<>(table.lines());
    lines.add(sum(census));
    return lines;
  }

  /** The last line: all of it. */
  static String sum(Census census) {
    return "%s in flight in %d topic%s, %d dead letter%s"
        .formatted(
            Shown.number(census.inFlight(), census.isInFlightExact()),
            census.topics().size(),
            census.topics().size() == 1 ? "" : "s",
            census.deadLetters(),
            census.deadLetters() == 1 ? "" : "s");
  }

  /** What each member of a topic's groups has, a line each. */
  static List<String> members(TopicCensus topic) {
    List<String> lines = new ArrayList<>();
    for (GroupCensus group : topic.incoming().groups()) {
      for (GroupCensus.Holder member : group.members()) {
        lines.add(
            Printable.line(
                "%s of %s: %s, holds %d"
                    .formatted(
                        member.member(),
                        group.group(),
                        member.isThere() ? "there" : "gone",
                        member.holds())));
      }
    }
    return lines;
  }

  private static List<String> row(
      String name,
      TopicCensus topic,
      GroupCensus group,
      Optional<TopicCensus> before,
      boolean first) {
    boolean exact = topic.isExact();
    return List.of(
        name,
        Printable.line(group.group()) + (group.answers() ? "" : " (listens)"),
        Shown.number(group.unfinished(), exact),
        Shown.number(group.waiting(), exact),
        Shown.number(group.running(), exact),
        Shown.number(group.delayed(), exact),
        Shown.number(group.heldBack(), exact),
        Shown.number(group.abandoned(), exact),
        group.oldest().map(topic::age).map(Shown::duration).orElse(NONE),
        group.oldestWaiting().isEmpty()
            ? NONE
            : Shown.duration(topic.lag(group)) + trend(topic, group, before),
        first ? Shown.rate(rateIn(topic, before)) : "",
        Shown.rate(before.map(then -> topic.rateOut(then, group)).orElse(OptionalDouble.empty())),
        exact
            ? Long.toString(group.members().stream().filter(GroupCensus.Holder::isThere).count())
            : Shown.number(OptionalLong.empty(), true),
        first ? Shown.number(topic.deadLetters(), exact) : "");
  }

  private static List<String> unread(String name, TopicCensus topic, Optional<TopicCensus> before) {
    String open = Shown.number(topic.incoming().length(), topic.isExact());
    String age = topic.incoming().oldest().map(topic::age).map(Shown::duration).orElse(NONE);
    return List.of(
        name,
        "(nobody has ever read it)",
        open,
        open,
        "0",
        "0",
        "0",
        "0",
        age,
        age,
        Shown.rate(rateIn(topic, before)),
        "0",
        "0",
        Shown.number(topic.deadLetters(), topic.isExact()));
  }

  private static OptionalDouble rateIn(TopicCensus topic, Optional<TopicCensus> before) {
    return before.map(topic::rateIn).orElse(OptionalDouble.empty());
  }

  private static String trend(TopicCensus topic, GroupCensus group, Optional<TopicCensus> before) {
    Duration growth = before.map(then -> topic.lagGrowth(then, group)).orElse(Duration.ZERO);
    if (growth.abs().compareTo(STEADY) < 0) {
      return "";
    }
    return growth.isNegative() ? " falling" : " rising";
  }
}
