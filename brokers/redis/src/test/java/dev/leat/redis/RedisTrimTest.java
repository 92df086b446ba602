package dev.leat.redis;

import static dev.leat.testkit.Awaiting.result;
import static dev.leat.testkit.Awaiting.until;
import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.Headers;
import dev.leat.Leat;
import dev.leat.Message;
import dev.leat.Payload;
import dev.leat.Position;
import dev.leat.Topic;
import dev.leat.broker.Append;
import dev.leat.broker.Broker;
import dev.leat.broker.Delivery;
import dev.leat.broker.Lane;
import dev.leat.broker.Membership;
import dev.leat.broker.Subscription;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What goes of a stream by itself, and what stays. */
class RedisTrimTest {
  private static final Topic TOPIC = Topic.of("work");
  private static final int MANY = 20_000;
  private static final Duration HOUR = Duration.ofHours(1);

  private final List<AutoCloseable> open = new CopyOnWriteArrayList<>();

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable one : open.reversed()) {
      one.close();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {RedisServerProcess.OLD, RedisServerProcess.CURRENT})
  void what_waits_for_long_keeps_nothing_that_came_after_it(String version) {
    RedisServerProcess redis = RedisServerProcess.start(version);
    open.add(redis);
    Leat leat = Leat.connect(redis.url() + "?keep=0s");
    open.add(leat);
    Broker broker = leat.broker();
    append(leat, 3);
    List<Delivery> held = new CopyOnWriteArrayList<>();
    broker.subscribe(Membership.of(TOPIC, "g", "slow").withLease(HOUR), held::addAll).request(3);
    until("three are held", () -> held.size() == 3);
    assertThat(result(held.get(1).release(HOUR))).isTrue();
    AtomicInteger done = new AtomicInteger();
    Subscription quick =
        broker.subscribe(
            Membership.of(TOPIC, "g", "quick").withLease(HOUR),
            batch ->
                batch.forEach(
                    one -> {
                      CompletionStage<Boolean> ended = one.complete(List.of());
                      ended.thenRun(done::incrementAndGet);
                    }));
    quick.request(MANY);
    append(leat, MANY);
    until("the others are done", () -> done.get() == MANY);

    until(
        "what they were goes",
        () -> {
          result(broker.tidy(TOPIC.incoming()));
          return length(broker) < 6_000;
        });
    assertThat(result(broker.range(TOPIC.incoming(), Position.START, 3)))
        .extracting(one -> one.id())
        .containsExactlyElementsOf(held.stream().map(Delivery::entryId).toList());
    assertThat(result(held.get(0).complete(List.of()))).isTrue();
    assertThat(result(held.get(2).complete(List.of()))).isTrue();
    assertThat(result(broker.health(TOPIC.incoming())).groups().getFirst().pending()).hasValue(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {RedisServerProcess.OLD, RedisServerProcess.CURRENT})
  void what_another_group_was_not_handed_stays(String version) {
    RedisServerProcess redis = RedisServerProcess.start(version);
    open.add(redis);
    Leat leat = Leat.connect(redis.url() + "?keep=0s");
    open.add(leat);
    Broker broker = leat.broker();
    List<Delivery> held = new CopyOnWriteArrayList<>();
    broker.subscribe(Membership.of(TOPIC, "late", "m").withLease(HOUR), held::addAll).request(10);
    AtomicInteger done = new AtomicInteger();
    broker
        .subscribe(
            Membership.of(TOPIC, "g", "quick"),
            batch -> batch.forEach(one -> one.complete(List.of()).thenRun(done::incrementAndGet)))
        .request(MANY);
    append(leat, MANY);
    until("they are done", () -> done.get() == MANY && held.size() == 10);
    for (int i = 0; i < 5; i++) {
      result(broker.tidy(TOPIC.incoming()));
    }
    assertThat(length(broker)).isEqualTo(MANY);
  }

  private static long length(Broker broker) {
    return result(broker.health(TOPIC.incoming())).length().orElseThrow();
  }

  private static void append(Leat leat, int number) {
    List<Append> batch =
        IntStream.range(0, number)
            .mapToObj(i -> new Append(TOPIC.incoming(), message(leat.ids().next())))
            .toList();
    CompletionStage<List<String>> appended =
        CompletableFuture.supplyAsync(
                () -> {
                  Lane lane = leat.broker().openLane(leat.loop(), leat.nextLane(), replies -> {});
                  return lane.append(batch);
                },
                leat.loop())
            .thenCompose(ids -> ids);
    assertThat(result(appended)).hasSize(number);
  }

  private static Message message(String id) {
    return new Message(id, "x", "", Headers.NONE, "", Payload.text("some text of a message"));
  }
}
