package dev.leat.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.leat.Caller;
import dev.leat.Leat;
import dev.leat.Topic;
import dev.leat.Worker;
import dev.leat.bridge.Bridge;
import dev.leat.broker.GroupHealth;
import dev.leat.kafka.KafkaServerProcess;
import dev.leat.redis.RedisServerProcess;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** A topic moves from Redis to Kafka while it is asked all the time. */
class BridgeTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final Topic ORDERS = Topic.of("orders");
  private static final int CALLERS = 16;

  /** How often each order was carried out, by its number. */
  private final Map<String, Integer> done = new ConcurrentHashMap<>();

  private final AtomicLong number = new AtomicLong();
  private final AtomicLong answered = new AtomicLong();

  private Worker worker(Leat leat) {
    return leat.worker("orders")
        .on(
            "place",
            String.class,
            (order, request) -> {
              done.merge(order, 1, Integer::sum);
              return "placed " + order;
            })
        .start();
  }

  /** Asks one thing after the other, of whichever broker it is to be. */
  private void ask(AtomicReference<Caller> caller, AtomicBoolean isOver) {
    while (!isOver.get()) {
      String order = Long.toString(number.incrementAndGet());
      String answer = caller.get().call("orders", "place", order, String.class, PATIENCE);
      assertThat(answer).isEqualTo("placed " + order);
      answered.incrementAndGet();
    }
  }

  private void awaitAnswers(int more) {
    long before = answered.get();
    await().atMost(PATIENCE).until(() -> answered.get() >= before + more);
  }

  private static Bridge bridge(Leat from, Leat to) {
    Bridge opened = Bridge.open(from, to, ORDERS, new Bridge.Plan("workers", false, 100, false));
    opened.ready().toCompletableFuture().join();
    return opened;
  }

  @Test
  void no_request_is_lost_and_none_done_twice() throws Exception {
    try (RedisServerProcess server = RedisServerProcess.start(RedisServerProcess.CURRENT);
        KafkaServerProcess nodes = KafkaServerProcess.start();
        Leat redis = Leat.connect(server.url());
        Leat kafka = Leat.connect(nodes.url())) {
      Worker old = worker(redis);
      AtomicReference<Caller> caller = new AtomicReference<>(redis.caller());
      AtomicBoolean isOver = new AtomicBoolean();
      List<Thread> callers = new ArrayList<>();
      AtomicReference<Throwable> failure = new AtomicReference<>();
      for (int i = 0; i < CALLERS; i++) {
        Thread one = Thread.ofVirtual().unstarted(() -> ask(caller, isOver));
        one.setUncaughtExceptionHandler((thread, why) -> failure.compareAndSet(null, why));
        one.start();
        callers.add(one);
      }
      awaitAnswers(1_000);

      worker(kafka);
      Bridge first = bridge(redis, kafka);
      awaitAnswers(1_000);
      old.close();
      awaitAnswers(1_000);
      first.close();
      long handedOn = first.counts().sent();
      Bridge second = bridge(redis, kafka);
      awaitAnswers(1_000);
      caller.set(kafka.caller());
      awaitAnswers(1_000);
      isOver.set(true);
      for (Thread one : callers) {
        one.join();
      }
      second.close();

      assertThat(failure).hasNullValue();
      assertThat(handedOn).isPositive();
      assertThat(second.counts().sent()).isPositive();
      assertThat(answered).hasValue(number.get());
      assertThat(done).hasSize((int) number.get());
      assertThat(done.values()).containsOnly(1);
      assertThat(open(redis)).isZero();
    }
  }

  private static long open(Leat leat) {
    return leat.broker().health(ORDERS.incoming()).toCompletableFuture().join().groups().stream()
        .map(GroupHealth::unfinished)
        .mapToLong(all -> all.orElseThrow())
        .sum();
  }
}
