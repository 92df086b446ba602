package dev.leat.gateway.ops;

import dev.leat.Participant;
import dev.leat.Topic;
import dev.leat.broker.Broker;
import dev.leat.broker.Capability;
import dev.leat.broker.GroupHealth;
import dev.leat.broker.StreamHealth;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * How the topics of a gateway stand, read from their streams whenever metrics are read. What a
 * broker cannot say is left out, never shown as 0. For one thread at a time.
 */
final class TopicGauges {
  /** A broker that is slower than this is not there. */
  private static final long PATIENCE_SECONDS = 2;

  /** How one topic stands. */
  private record State(Topic topic, StreamHealth incoming, StreamHealth deadLetters) {}

  private final Broker broker;
  private final MultiGauge backlog;
  private final MultiGauge pending;
  private final MultiGauge members;
  private final MultiGauge deadLetters;

  TopicGauges(Broker broker, MeterRegistry registry) {
    this.broker = broker;
    this.backlog =
        gauge(
            registry, "leat.topic.backlog", "Messages that no member of the group has been given");
    this.pending =
        gauge(registry, "leat.topic.pending", "Messages that a member of the group is at");
    this.members = gauge(registry, "leat.topic.members", "Members of the group");
    this.deadLetters =
        gauge(registry, "leat.topic.dead.letters", "Dead letters that are kept of the topic");
    Gauge.builder(
            "leat.broker.clock.ahead", broker, there -> there.clockAhead().toMillis() / 1_000.0)
        .description("How far the broker's clock is ahead of this machine's")
        .baseUnit("seconds")
        .strongReference(true)
        .register(registry);
  }

  /**
   * Reads these topics and those that members take part in; blocks until the broker has answered,
   * or has not in time.
   */
  void read(Collection<Topic> topics) {
    Set<Topic> all = new HashSet<>(topics);
    all.addAll(topicsOfMembers());
    List<CompletableFuture<State>> asked = all.stream().map(this::ask).toList();
    List<State> states = new ArrayList<>();
    for (CompletableFuture<State> answer : asked) {
      if (answer.handle((state, failure) -> failure == null).join()) {
        states.add(answer.join());
      }
    }
    show(states);
  }

  /** Topics of events, say, which no route leads to. */
  private Set<Topic> topicsOfMembers() {
    if (!broker.capabilities().contains(Capability.PARTICIPANTS)) {
      return Set.of();
    }
    return broker
        .participants()
        .toCompletableFuture()
        .orTimeout(PATIENCE_SECONDS, TimeUnit.SECONDS)
        .handle((there, failure) -> failure == null ? there : List.<Participant>of())
        .join()
        .stream()
        .flatMap(one -> one instanceof Participant.Member member ? Stream.of(member) : Stream.of())
        .map(Participant.Member::topic)
        .collect(Collectors.toSet());
  }

  private CompletableFuture<State> ask(Topic topic) {
    return broker
        .health(topic.incoming())
        .thenCombine(
            broker.health(topic.deadLetters()),
            (incoming, dead) -> new State(topic, incoming, dead))
        .toCompletableFuture()
        .orTimeout(PATIENCE_SECONDS, TimeUnit.SECONDS);
  }

  private void show(List<State> states) {
    List<MultiGauge.Row<?>> backlogs = new ArrayList<>();
    List<MultiGauge.Row<?>> pendings = new ArrayList<>();
    List<MultiGauge.Row<?>> sizes = new ArrayList<>();
    List<MultiGauge.Row<?>> dead = new ArrayList<>();
    for (State state : states) {
      Tags topic = Tags.of("topic", state.topic().toString());
      state.deadLetters().length().ifPresent(kept -> dead.add(row(topic, kept)));
      for (GroupHealth group : state.incoming().groups()) {
        Tags tags = topic.and("group", group.group());
        group.backlog().ifPresent(waiting -> backlogs.add(row(tags, waiting)));
        group.pending().ifPresent(held -> pendings.add(row(tags, held)));
        group.members().ifPresent(there -> sizes.add(row(tags, there)));
      }
    }
    backlog.register(backlogs, true);
    pending.register(pendings, true);
    members.register(sizes, true);
    deadLetters.register(dead, true);
  }

  private static MultiGauge.Row<?> row(Tags tags, long value) {
    return MultiGauge.Row.of(tags, value);
  }

  private static MultiGauge gauge(MeterRegistry registry, String name, String description) {
    return MultiGauge.builder(name).description(description).register(registry);
  }
}
