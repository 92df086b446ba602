package dev.leat.testkit.poor;

import dev.leat.StreamRef;
import dev.leat.broker.Broker;
import dev.leat.broker.EventLoop;
import dev.leat.broker.GroupHealth;
import dev.leat.broker.StreamHealth;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;

/** Of each group how much is not completed, as it was a while ago; and nothing else. */
final class StaleHealth {
  private record Seen(StreamHealth health, long at) {}

  private final Broker inner;
  private final EventLoop loop;
  private final Duration age;
  private final Map<StreamRef, Seen> seen = new ConcurrentHashMap<>();

  StaleHealth(Broker inner, EventLoop loop, Duration age) {
    this.inner = inner;
    this.loop = loop;
    this.age = age;
  }

  CompletionStage<StreamHealth> of(StreamRef stream) {
    Seen before = seen.get(stream);
    long now = loop.clock().millis();
    // Where nobody reads it is seen at once: nothing would be told of it that could be stale.
    if (before != null && now - before.at < age.toMillis() && !before.health.groups().isEmpty()) {
      return inner.ping().thenApply(there -> before.health);
    }
    return inner
        .health(stream)
        .thenApply(
            health -> {
              StreamHealth told = vague(health);
              seen.put(stream, new Seen(told, now));
              return told;
            });
  }

  private static StreamHealth vague(StreamHealth health) {
    List<GroupHealth> groups =
        health.groups().stream()
            .map(
                group ->
                    new GroupHealth(
                        group.group(),
                        OptionalInt.empty(),
                        OptionalLong.empty(),
                        OptionalLong.empty(),
                        group.unfinished(),
                        group.answers()))
            .toList();
    return new StreamHealth(health.stream(), OptionalLong.empty(), groups, OptionalLong.empty());
  }
}
