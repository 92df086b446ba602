package dev.leat.broker;

import dev.leat.LeatException;
import dev.leat.Participant;
import dev.leat.Topic;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says once to the log that nobody has ever read a topic that is sent to: mostly its name is
 * misspelt. Any thread.
 */
public final class UnreadTopics {
  private static final Logger log = LoggerFactory.getLogger(UnreadTopics.class);

  /** Programs that start together need not start in order. */
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  /** Topics that are remembered; with so many of them names are not written by hand. */
  private static final int MOST = 10_000;

  private final Broker broker;
  private final EventLoop loop;
  private final Set<Topic> seen = ConcurrentHashMap.newKeySet();

  /** Nothing was sent yet. */
  public UnreadTopics(Broker broker, EventLoop loop) {
    this.broker = broker;
    this.loop = loop;
  }

  /** Something was sent to a topic; costs nothing but for the first time. */
  public void sentTo(Topic topic) {
    if (seen.contains(topic) || seen.size() >= MOST || !seen.add(topic)) {
      return;
    }
    try {
      var unused = loop.schedule(PATIENCE, () -> look(topic));
    } catch (RejectedExecutionException ended) {
      // Nobody reads its log any more.
      seen.remove(topic);
    }
  }

  private void look(Topic topic) {
    var unused =
        warning(broker, topic)
            .whenComplete(
                (warning, failure) -> {
                  if (failure != null) {
                    seen.remove(topic);
                  } else {
                    warning.ifPresent(log::warn);
                  }
                });
  }

  /**
   * Says that nobody has ever read a topic, and what was perhaps meant; empty where a group has.
   */
  public static CompletionStage<Optional<String>> warning(Broker broker, Topic topic) {
    try {
      return broker
          .health(topic.incoming())
          .thenCompose(
              health ->
                  health.groups().isEmpty()
                      ? nearest(broker, topic)
                          .thenApply(
                              near ->
                                  Optional.of(
                                      "topic=%s no worker has ever read it, what is sent there waits%s"
                                          .formatted(topic, near)))
                      : CompletableFuture.completedStage(Optional.empty()));
    } catch (LeatException closed) {
      return CompletableFuture.failedStage(closed);
    }
  }

  /** Those that members read; to look for all others may take a server long. */
  private static CompletionStage<Set<Topic>> topics(Broker broker) {
    if (!broker.capabilities().contains(Capability.PARTICIPANTS)) {
      return broker.topics();
    }
    return broker
        .participants()
        .thenApply(
            there ->
                there.stream()
                    .filter(Participant.Member.class::isInstance)
                    .map(one -> ((Participant.Member) one).topic())
                    .collect(Collectors.toSet()));
  }

  /** What to add to a sentence on a topic that nobody reads: another of nearly its name. */
  public static CompletionStage<String> nearest(Broker broker, Topic topic) {
    return topics(broker)
        .exceptionally(failure -> Set.of())
        .thenApply(
            topics ->
                Nearest.to(
                        topic.toString(),
                        topics.stream()
                            .filter(other -> !other.equals(topic))
                            .map(Topic::toString)
                            .toList())
                    .map(near -> "; there is a topic '" + near + "'")
                    .orElse(""));
  }
}
