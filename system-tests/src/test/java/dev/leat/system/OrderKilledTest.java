package dev.leat.system;

import static dev.leat.testkit.Awaiting.result;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.leat.Headers;
import dev.leat.Leat;
import dev.leat.Position;
import dev.leat.StreamRef;
import dev.leat.Topic;
import dev.leat.broker.Entry;
import dev.leat.kafka.KafkaServerProcess;
import dev.leat.redis.RedisServerProcess;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Order by key, though workers come, are killed, and are stopped for longer than their lease. */
class OrderKilledTest {
  private static final int KEYS = 8;
  private static final int NUMBERS = 150;

  @TempDir private Path folder;
  private final List<Child> workers = new ArrayList<>();

  @AfterEach
  void stop() {
    workers.forEach(Child::close);
  }

  @Test
  void what_was_done_of_each_key_is_in_order_and_once_whoever_is_killed() {
    try (RedisServerProcess redis = RedisServerProcess.start(RedisServerProcess.CURRENT)) {
      Map<String, List<String>> done = doneThoughKilled(redis.url());
      assertThat(done).hasSize(KEYS);
      assertThat(done).allSatisfy((key, numbers) -> assertThat(numbers).isEqualTo(expected()));
    }
  }

  @Test
  void over_kafka_it_is_in_order_and_what_is_done_once_more_is_so_from_there_on() {
    try (KafkaServerProcess kafka = KafkaServerProcess.start()) {
      Map<String, List<String>> done = doneThoughKilled(kafka.url());
      assertThat(done).hasSize(KEYS);
      assertThat(done)
          .allSatisfy(
              (key, numbers) -> {
                assertThat(numbers.stream().distinct()).isEqualTo(expected());
                assertThat(numbers).hasSizeLessThan(2 * NUMBERS);
              });
    }
  }

  private static List<String> expected() {
    return IntStream.range(0, NUMBERS).mapToObj(Integer::toString).toList();
  }

  private Map<String, List<String>> doneThoughKilled(String url) {
    try (Leat leat = Leat.connect(url)) {
      start(url, 3);
      for (int number = 0; number < NUMBERS; number++) {
        for (int key = 0; key < KEYS; key++) {
          leat.caller().withKey("key-" + key).send(KeyedWorker.TOPIC, "entry.add", "" + number);
        }
      }
      awaitDone(leat, KEYS * NUMBERS / 10);
      workers.get(0).close();
      start(url, 1);
      awaitDone(leat, KEYS * NUMBERS / 4);
      workers.get(1).signal("STOP");
      awaitDone(leat, KEYS * NUMBERS / 2);
      workers.get(1).signal("CONT");
      workers.get(2).signal("TERM");
      start(url, 1);
      awaitDone(leat, KEYS * NUMBERS);
      return done(leat);
    }
  }

  private void start(String url, int count) {
    for (int i = 0; i < count; i++) {
      Child worker = Child.quiet(folder, KeyedWorker.class, url);
      workers.add(worker);
      worker.lineAfter("ready");
    }
  }

  private static void awaitDone(Leat leat, int atLeast) {
    await("that " + atLeast + " are done")
        .atMost(Duration.ofSeconds(60))
        .until(
            () ->
                done(leat).values().stream().mapToLong(all -> all.stream().distinct().count()).sum()
                    >= atLeast);
  }

  /** What stands in the ledger of each key, oldest first. */
  private static Map<String, List<String>> done(Leat leat) {
    Map<String, List<String>> done = new TreeMap<>();
    StreamRef ledger = Topic.of(KeyedWorker.LEDGER).incoming();
    for (Entry entry : result(leat.broker().range(ledger, Position.START, 10_000))) {
      String key = entry.message().headers().get(Headers.KEY).orElseThrow();
      done.computeIfAbsent(key, first -> new ArrayList<>()).add(entry.message().payload().asText());
    }
    return done;
  }
}
