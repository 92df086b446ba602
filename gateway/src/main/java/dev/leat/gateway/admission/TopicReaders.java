package dev.leat.gateway.admission;

import dev.leat.Topic;
import dev.leat.broker.Broker;
import dev.leat.broker.EventLoop;
import dev.leat.broker.GroupHealth;
import dev.leat.broker.StreamHealth;
import dev.leat.broker.UnreadTopics;
import dev.leat.gateway.route.ReplyMode;
import dev.leat.gateway.route.Route;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Who reads the topics that requests go to. A topic that no group has ever read is a name that
 * somebody misspelt: nobody would answer, and what waits there nobody would ever take. Groups stay
 * when their members leave, so the broker is asked until there is one, and then never again, but
 * for routes that want a member to be there. Any thread.
 */
public final class TopicReaders {
  private static final Logger log = LoggerFactory.getLogger(TopicReaders.class);

  /** Milliseconds that it is believed that a member is there. */
  private static final long FRESH = 250;

  /** Milliseconds after which a request is not kept waiting for the broker to say it. */
  private static final long PATIENCE = 1_000;

  /** Who there is to answer. */
  public enum Readers {
    /** No group that answers has ever read the topic. */
    NEVER,
    /** A group has, and no member of it is there now. */
    AWAY,
    /** Members are there; or it is not known. */
    THERE
  }

  private record Seen(Readers readers, long at) {}

  private final Broker broker;
  private final EventLoop loop;
  private final Map<Topic, Seen> seen = new ConcurrentHashMap<>();
  private final Map<Topic, CompletableFuture<Readers>> asked = new ConcurrentHashMap<>();
  private final Set<Topic> warned = ConcurrentHashMap.newKeySet();

  /**
   * Nothing is known yet.
   *
   * @param loop for its clock
   */
  public TopicReaders(Broker broker, EventLoop loop) {
    this.broker = broker;
    this.loop = loop;
  }

  /**
   * Whether it is known that a route's requests may be sent. Those of {@link ReplyMode#SHARED}
   * always may: such workers need no group. So may those that nobody waits for.
   */
  public boolean areThere(Route route) {
    if (route.reply() == ReplyMode.SHARED) {
      return true;
    }
    Seen known = seen.get(route.topic());
    if (known == null || known.readers == Readers.NEVER) {
      return route.reply() != ReplyMode.PRIVATE && route.waitsForWorkers();
    }
    return route.waitsForWorkers()
        || (known.readers == Readers.THERE && loop.clock().millis() - known.at < FRESH);
  }

  /** Asks the broker; one question at a time for each topic. Completes on any thread. */
  public CompletionStage<Readers> look(Route route) {
    Topic topic = route.topic();
    CompletableFuture<Readers> answer = new CompletableFuture<>();
    CompletableFuture<Readers> other = asked.putIfAbsent(topic, answer);
    if (other != null) {
      return other;
    }
    var unusedTimeout =
        answer
            .completeOnTimeout(Readers.THERE, PATIENCE, TimeUnit.MILLISECONDS)
            .whenComplete((readers, failure) -> asked.remove(topic, answer));
    var unused =
        broker
            .health(topic.incoming())
            .whenComplete(
                (health, failure) ->
                    answer.complete(failure == null ? learn(topic, health) : Readers.THERE));
    return answer;
  }

  private Readers learn(Topic topic, StreamHealth health) {
    List<GroupHealth> answering = health.groups().stream().filter(GroupHealth::answers).toList();
    Readers readers;
    if (answering.isEmpty()) {
      readers = Readers.NEVER;
    } else {
      readers =
          answering.stream().anyMatch(group -> group.members().orElse(1) > 0)
              ? Readers.THERE
              : Readers.AWAY;
    }
    seen.put(topic, new Seen(readers, loop.clock().millis()));
    if (readers != Readers.NEVER) {
      warned.remove(topic);
    } else if (warned.add(topic)) {
      warn(topic);
    }
    return readers;
  }

  private void warn(Topic topic) {
    var unused =
        UnreadTopics.nearest(broker, topic)
            .thenAccept(
                near ->
                    log.warn(
                        "topic={} no worker has ever read it, its requests are refused{}",
                        topic,
                        near));
  }
}
