package dev.leat.trail;

import dev.leat.Participant;
import dev.leat.Topic;
import dev.leat.broker.Broker;
import dev.leat.broker.StreamHealth;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalLong;
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

  /**
   * All topics that somebody sends to, reads, or serves, by name.
   *
   * @return fails if the broker does not answer
   */
  public static CompletionStage<List<TopicView>> all(Broker broker) {
    CompletionStage<List<Participant>> asked = TopicScan.participants(broker);
    return TopicScan.topics(broker, asked)
        .thenCombine(
            asked, (topics, there) -> TopicScan.ofEach(topics, topic -> read(broker, topic, there)))
        .thenCompose(views -> views);
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
