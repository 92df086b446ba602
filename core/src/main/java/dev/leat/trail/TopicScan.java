package dev.leat.trail;

import dev.leat.Participant;
import dev.leat.Topic;
import dev.leat.broker.Broker;
import dev.leat.broker.Capability;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;

/** Finds topics and asks after each of them. */
final class TopicScan {
  /** Topics that are asked for at a time: others use the broker too. */
  private static final int PORTION = 256;

  private TopicScan() {}

  /** Who says that they are there; nobody where the broker does not know. */
  static CompletionStage<List<Participant>> participants(Broker broker) {
    return broker.capabilities().contains(Capability.PARTICIPANTS)
        ? broker.participants()
        : CompletableFuture.completedStage(List.of());
  }

  /** All topics that somebody sends to, reads or serves, by name. */
  static CompletionStage<List<Topic>> topics(
      Broker broker, CompletionStage<List<Participant>> participants) {
    return broker.topics().thenCombine(participants, TopicScan::all);
  }

  private static List<Topic> all(Set<Topic> found, List<Participant> there) {
    Set<Topic> all = new TreeSet<>(Comparator.comparing(Topic::toString));
    all.addAll(found);
    all.removeIf(InternalTopics::isOne);
    for (Participant one : there) {
      switch (one) {
        case Participant.Member member -> all.add(member.topic());
        case Participant.Gateway gateway ->
            gateway.routes().forEach(route -> all.add(route.topic()));
      }
    }
    return List.copyOf(all);
  }

  /** What is known of each, in their order, a portion after the other. */
  static <T> CompletionStage<List<T>> ofEach(
      List<Topic> topics, Function<Topic, CompletionStage<T>> question) {
    return ofEach(topics, question, new ArrayList<>(), 0);
  }

  private static <T> CompletionStage<List<T>> ofEach(
      List<Topic> topics, Function<Topic, CompletionStage<T>> question, List<T> into, int from) {
    if (from >= topics.size()) {
      return CompletableFuture.completedStage(into);
    }
    int to = Math.min(topics.size(), from + PORTION);
    List<CompletableFuture<T>> portion =
        topics.subList(from, to).stream()
            .map(topic -> question.apply(topic).toCompletableFuture())
            .toList();
    return CompletableFuture.allOf(portion.toArray(CompletableFuture<?>[]::new))
        .thenCompose(
            done -> {
              portion.forEach(one -> into.add(one.join()));
              return ofEach(topics, question, into, to);
            });
  }
}
