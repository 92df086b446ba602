package dev.leat.trail;

import dev.leat.Participant;
import dev.leat.Topic;
import dev.leat.broker.Broker;
import dev.leat.broker.Capability;
import dev.leat.broker.StreamHealth;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * A topic: how it stands, who reads it and what leads to it.
 *
 * @param incoming how its requests stand, with all groups that there are
 * @param deadLetters how many are kept, where that is known
 * @param members that say they are there
 * @param routes of gateways that lead to it, each once
 */
public record TopicView(
    Topic topic,
    StreamHealth incoming,
    OptionalLong deadLetters,
    List<Participant.Member> members,
    List<Participant.Served> routes) {

  /** Topics that are asked for at a time. */
  private static final int PORTION = 256;

  /**
   * All topics that somebody sends to, reads, or serves, by name.
   *
   * @return fails if the broker does not answer
   */
  public static CompletionStage<List<TopicView>> all(Broker broker) {
    CompletionStage<List<Participant>> asked =
        broker.capabilities().contains(Capability.PARTICIPANTS)
            ? broker.participants()
            : CompletableFuture.completedStage(List.of());
    return broker
        .topics()
        .thenCombine(asked, TopicView::topics)
        .thenCombine(asked, (topics, there) -> read(broker, topics, there))
        .thenCompose(views -> views);
  }

  private static List<Topic> topics(Set<Topic> found, List<Participant> there) {
    Set<Topic> all = new TreeSet<>(Comparator.comparing(Topic::toString));
    all.addAll(found);
    for (Participant one : there) {
      switch (one) {
        case Participant.Member member -> all.add(member.topic());
        case Participant.Gateway gateway ->
            gateway.routes().forEach(route -> all.add(route.topic()));
      }
    }
    return List.copyOf(all);
  }

  private static CompletionStage<List<TopicView>> read(
      Broker broker, List<Topic> topics, List<Participant> there) {
    List<TopicView> views = new ArrayList<>();
    return read(broker, topics, there, views, 0);
  }

  /** A portion after the other: others use the broker too. */
  private static CompletionStage<List<TopicView>> read(
      Broker broker, List<Topic> topics, List<Participant> there, List<TopicView> into, int from) {
    if (from >= topics.size()) {
      return CompletableFuture.completedStage(into);
    }
    int to = Math.min(topics.size(), from + PORTION);
    List<CompletableFuture<TopicView>> portion =
        topics.subList(from, to).stream()
            .map(topic -> read(broker, topic, there).toCompletableFuture())
            .toList();
    return CompletableFuture.allOf(portion.toArray(CompletableFuture<?>[]::new))
        .thenCompose(
            done -> {
              portion.forEach(one -> into.add(one.join()));
              return read(broker, topics, there, into, to);
            });
  }

  private static CompletionStage<TopicView> read(
      Broker broker, Topic topic, List<Participant> there) {
    return broker
        .health(topic.incoming())
        .thenCombine(
            broker.health(topic.deadLetters()),
            (incoming, letters) ->
                new TopicView(
                    topic,
                    incoming,
                    letters.length(),
                    members(topic, there),
                    routes(topic, there)));
  }

  private static List<Participant.Member> members(Topic topic, List<Participant> there) {
    return there.stream()
        .filter(Participant.Member.class::isInstance)
        .map(Participant.Member.class::cast)
        .filter(member -> member.topic().equals(topic))
        .sorted(
            Comparator.comparing(Participant.Member::group).thenComparing(Participant.Member::name))
        .toList();
  }

  private static List<Participant.Served> routes(Topic topic, List<Participant> there) {
    return there.stream()
        .filter(Participant.Gateway.class::isInstance)
        .flatMap(one -> ((Participant.Gateway) one).routes().stream())
        .filter(route -> route.topic().equals(topic))
        .distinct()
        .sorted(
            Comparator.comparing(Participant.Served::path)
                .thenComparing(Participant.Served::method))
        .toList();
  }
}
