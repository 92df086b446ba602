package dev.leat.trail;

import dev.leat.Topic;
import dev.leat.broker.Broker;
import dev.leat.broker.Capability;
import dev.leat.broker.GroupCensus;
import dev.leat.broker.StreamCensus;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.concurrent.CompletionStage;

/**
 * A topic's requests: how they stand.
 *
 * @param incoming by group
 * @param deadLetters how many are kept, where that is known
 * @param isExact whether the numbers are exact and of one moment
 */
public record TopicCensus(
    Topic topic, StreamCensus incoming, OptionalLong deadLetters, boolean isExact) {
  /** Asks for one. */
  public static CompletionStage<TopicCensus> of(Broker broker, Topic topic) {
    boolean exact = broker.capabilities().contains(Capability.CENSUS);
    return broker
        .census(topic)
        .thenCombine(
            broker.health(topic.deadLetters()),
            (incoming, letters) -> new TopicCensus(topic, incoming, letters.length(), exact));
  }

  /**
   * Requests that are in flight: those that a group which answers has not completed, and all where
   * no group has ever read them. Empty where that is not known.
   */
  public OptionalLong inFlight() {
    if (incoming.groups().isEmpty()) {
      return incoming.length();
    }
    List<OptionalLong> answering =
        incoming.groups().stream()
            .filter(GroupCensus::answers)
            .map(GroupCensus::unfinished)
            .toList();
    // A group that is behind another has all that the other has, and more.
    return answering.stream().anyMatch(OptionalLong::isEmpty)
        ? OptionalLong.empty()
        : OptionalLong.of(answering.stream().mapToLong(OptionalLong::getAsLong).max().orElse(0));
  }

  /**
   * Whether {@link #inFlight} is so many and not more: of several groups that answer it is not
   * known.
   */
  public boolean isInFlightExact() {
    return isExact
        && incoming.groups().stream()
                .filter(one -> one.answers() && one.unfinished().orElse(0) > 0)
                .count()
            <= 1;
  }

  /** When the oldest request in flight was taken. */
  public Optional<Instant> oldest() {
    return incoming.groups().isEmpty()
        ? incoming.oldest()
        : incoming.groups().stream()
            .filter(GroupCensus::answers)
            .flatMap(one -> one.oldest().stream())
            .min(Comparator.naturalOrder());
  }

  /** How long ago something was taken. */
  public Duration age(Instant accepted) {
    Duration age = Duration.between(accepted, incoming.at());
    return age.isNegative() ? Duration.ZERO : age;
  }

  /** How far a group is behind: the age of the oldest that was never handed to anybody. */
  public Duration lag(GroupCensus group) {
    return group.oldestWaiting().map(this::age).orElse(Duration.ZERO);
  }

  /** Messages a second that were sent to it since an earlier look; empty where it is not known. */
  public OptionalDouble rateIn(TopicCensus before) {
    return rate(before, appended(before));
  }

  /** Messages a second that a group has ended since an earlier look. */
  public OptionalDouble rateOut(TopicCensus before, GroupCensus group) {
    OptionalLong appended = appended(before);
    Optional<GroupCensus> then = before.group(group.group());
    if (appended.isEmpty()
        || then.isEmpty()
        || then.get().unfinished().isEmpty()
        || group.unfinished().isEmpty()) {
      return OptionalDouble.empty();
    }
    long more = group.unfinished().getAsLong() - then.get().unfinished().getAsLong();
    return rate(before, OptionalLong.of(Math.max(0, appended.getAsLong() - more)));
  }

  /** How much longer a group's lag is than at an earlier look; negative where it has caught up. */
  public Duration lagGrowth(TopicCensus before, GroupCensus group) {
    return before
        .group(group.group())
        .map(then -> lag(group).minus(before.lag(then)))
        .orElse(Duration.ZERO);
  }

  private Optional<GroupCensus> group(String name) {
    return incoming.groups().stream().filter(one -> one.group().equals(name)).findFirst();
  }

  private OptionalLong appended(TopicCensus before) {
    OptionalLong now = incoming.appended();
    OptionalLong then = before.incoming.appended();
    return now.isPresent() && then.isPresent() && now.getAsLong() >= then.getAsLong()
        ? OptionalLong.of(now.getAsLong() - then.getAsLong())
        : OptionalLong.empty();
  }

  private OptionalDouble rate(TopicCensus before, OptionalLong number) {
    double seconds = Duration.between(before.incoming.at(), incoming.at()).toNanos() / 1e9;
    return number.isEmpty() || seconds <= 0
        ? OptionalDouble.empty()
        : OptionalDouble.of(number.getAsLong() / seconds);
  }
}
