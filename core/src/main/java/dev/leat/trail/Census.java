package dev.leat.trail;

import dev.leat.Position;
import dev.leat.Topic;
import dev.leat.broker.Broker;
import dev.leat.broker.Capability;
import dev.leat.broker.GroupCensus;
import dev.leat.broker.OpenMessage;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Predicate;

/**
 * What is in flight, read from the streams. Immutable.
 *
 * @param topics each as it was when it was asked for, by name
 */
public record Census(List<TopicCensus> topics) {
  /** Messages that are asked for at a time. */
  private static final int PAGE = 500;

  /** Keeps a copy. */
  public Census {
    topics = List.copyOf(topics);
  }

  /** Of all topics that somebody sends to, reads or serves. */
  public static CompletionStage<Census> of(Broker broker) {
    return topics(broker).thenCompose(topics -> of(broker, topics));
  }

  /** Topics that somebody sends to, reads or serves, by name. */
  public static CompletionStage<List<Topic>> topics(Broker broker) {
    return TopicScan.topics(broker, TopicScan.participants(broker));
  }

  /** Of some topics. */
  public static CompletionStage<Census> of(Broker broker, List<Topic> topics) {
    return TopicScan.ofEach(topics, topic -> TopicCensus.of(broker, topic)).thenApply(Census::new);
  }

  /** Requests that are in flight in all; empty where that of a topic is not known. */
  public OptionalLong inFlight() {
    return topics.stream().anyMatch(topic -> topic.inFlight().isEmpty())
        ? OptionalLong.empty()
        : OptionalLong.of(topics.stream().mapToLong(topic -> topic.inFlight().getAsLong()).sum());
  }

  /** Whether it is exactly so many. */
  public boolean isInFlightExact() {
    return topics.stream().allMatch(TopicCensus::isInFlightExact);
  }

  /** Dead letters that are kept in all, as far as it is known. */
  public long deadLetters() {
    return topics.stream().mapToLong(topic -> topic.deadLetters().orElse(0)).sum();
  }

  /** What was known of a topic. */
  public Optional<TopicCensus> topic(Topic name) {
    return topics.stream().filter(topic -> topic.topic().equals(name)).findFirst();
  }

  /**
   * A message that is open.
   *
   * @param group that has not completed it; empty where none has ever read its topic
   * @param at when it was looked at, in the broker's time
   */
  public record Open(TopicCensus topic, String group, OpenMessage message, Instant at) {
    /** How long ago it was taken. */
    public Duration age() {
      Duration age = Duration.between(message.acceptedAt(), at);
      return age.isNegative() ? Duration.ZERO : age;
    }
  }

  /**
   * Lists all that is open, topic by topic and group by group, oldest first; a message that several
   * groups have not completed once for each.
   *
   * @param action called one at a time, on any thread; gives false once it wants no more
   * @throws dev.leat.Unsupported if the broker does not know what is open
   */
  public CompletionStage<?> forEachOpen(Broker broker, Predicate<Open> action) {
    broker.require(Capability.CENSUS);
    long begun = System.nanoTime();
    CompletionStage<Boolean> goesOn = CompletableFuture.completedStage(true);
    for (TopicCensus topic : topics) {
      List<String> groups =
          topic.incoming().groups().isEmpty()
              ? List.of("")
              : topic.incoming().groups().stream().map(GroupCensus::group).toList();
      for (String group : groups) {
        goesOn =
            goesOn.thenCompose(
                more ->
                    more
                        ? list(broker, new Group(topic, group, begun), Position.START, action)
                        : CompletableFuture.completedStage(false));
      }
    }
    return goesOn;
  }

  /** One whose messages are listed. */
  private record Group(TopicCensus topic, String name, long begun) {
    Open open(OpenMessage message) {
      return new Open(
          topic, name, message, topic.incoming().at().plusNanos(System.nanoTime() - begun));
    }
  }

  private static CompletionStage<Boolean> list(
      Broker broker, Group group, Position from, Predicate<Open> action) {
    return broker
        .open(group.topic.topic(), group.name, from, PAGE)
        .thenComposeAsync(
            page -> {
              for (OpenMessage one : page) {
                if (!action.test(group.open(one))) {
                  return CompletableFuture.completedStage(false);
                }
              }
              return page.isEmpty()
                  ? CompletableFuture.completedStage(true)
                  : list(broker, group, Position.after(page.getLast().entryId()), action);
            },
            Thread::startVirtualThread);
  }
}
