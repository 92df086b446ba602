package dev.leat.redis;

import static dev.leat.testkit.Awaiting.result;
import static dev.leat.testkit.Awaiting.until;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.leat.BadConfiguration;
import dev.leat.Handling;
import dev.leat.Headers;
import dev.leat.Leat;
import dev.leat.Topic;
import dev.leat.wire.StreamKeys;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What idempotent handlers are remembered by, and that it has an end. */
class RedisNotesTest {
  private static final Duration LONG = Duration.ofSeconds(30);
  private static final String STORE = "paid::DEFAULT::ANSWERS::workers";

  private final RedisServerProcess redis = RedisServerProcess.start(RedisServerProcess.CURRENT);
  private final RedisClient client = new RedisClient(redis.port());
  private final AtomicInteger effects = new AtomicInteger();

  @AfterEach
  void stop() {
    client.close();
    redis.close();
  }

  @Test
  void the_oldest_answers_are_forgotten_when_all_take_more_than_they_may() {
    try (Leat leat = work("?answers=200000", Duration.ofDays(1))) {
      pay(leat, 0, 1_000);
      assertThat(kept()).isBetween(150, 400);
      assertThat(sum()).isLessThanOrEqualTo(200_000);
      assertThat(client.size(STORE)).isEqualTo(kept() + 1);

      pay(leat, 999, 1_000);
      assertThat(effects).as("the latest is answered from what is kept").hasValue(1_000);
      pay(leat, 0, 1);
      assertThat(effects).as("the first was forgotten").hasValue(1_001);
    }
  }

  @Test
  void large_answers_after_many_small_ones_take_no_more_than_they_may() {
    try (Leat leat = work("?answers=1000000", Duration.ofDays(1))) {
      pay(leat, 0, 1_500);
      for (int i = 0; i < 20; i++) {
        result(paid(leat, "large-" + i, "x".repeat(200_000)));
        assertThat(sum()).isLessThanOrEqualTo(1_000_000);
      }
      assertThat(kept()).isEqualTo(4);
    }
  }

  @Test
  void what_a_stranger_writes_into_a_store_or_in_its_place_costs_nobody_his_answer() {
    try (Leat leat = work("?answers=100000", Duration.ofDays(1))) {
      client.send("ZADD", STORE, "5", "stranger");
      pay(leat, 0, 300);
      assertThat(sum()).isLessThanOrEqualTo(100_000);
      assertThat(client.size(STORE)).isEqualTo(kept() + 1);

      client.send("DEL", STORE);
      client.send("SET", STORE, "stranger");
      pay(leat, 300, 400);
      assertThat(effects).hasValue(400);
      assertThat(
              client
                  .send("XPENDING", StreamKeys.of(Topic.of("paid").incoming()), "workers")
                  .items())
          .first()
          .isEqualTo(new Resp.Whole(0));
    }
  }

  @Test
  void what_is_reckoned_for_an_answer_is_what_it_takes() {
    try (Leat leat = work("", Duration.ofDays(1))) {
      pay(leat, 0, 1);
      long before = used();
      pay(leat, 1, 4_001);
      client.send("XTRIM", StreamKeys.of(Topic.of("paid").incoming()), "MAXLEN", "0");
      long taken = (used() - before) / 4_000;
      assertThat(sum() / 4_001.0).isBetween(0.8 * taken, 1.25 * taken);
    }
  }

  @Test
  void an_answer_whose_time_is_over_counts_no_more_nor_takes_another_with_it() {
    try (Leat leat = work("", Duration.ofMillis(500))) {
      pay(leat, 0, 100);
      until("they are forgotten", () -> kept() == 0);
      assertThat(client.send("EXISTS", STORE).number()).as("with the last of them").isZero();
      pay(leat, 0, 100);
      assertThat(effects).hasValue(200);
    }
  }

  @Test
  void a_store_that_is_to_be_much_smaller_becomes_so_bit_by_bit() {
    try (Leat leat = work("", Duration.ofDays(1))) {
      pay(leat, 0, 1_000);
    }
    try (Leat leat = work("?answers=1000", Duration.ofDays(1))) {
      pay(leat, 1_000, 1_010);
      assertThat(kept()).isBetween(800, 900);
      pay(leat, 1_010, 1_100);
      assertThat(kept()).isLessThanOrEqualTo(2);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "-1", "1GB", "99999999999999"})
  void a_limit_that_is_none_is_refused(String text) {
    assertThatThrownBy(() -> Leat.connect(redis.url() + "?answers=" + text))
        .isInstanceOf(BadConfiguration.class)
        .hasMessageContaining("'answers' is a number from 1 to")
        .hasMessageContaining(text);
  }

  private Leat work(String options, Duration kept) {
    Leat leat = Leat.connect(redis.url() + options);
    leat.worker("paid")
        .on(
            "pay",
            String.class,
            (text, request) -> text + effects.incrementAndGet(),
            Handling.DEFAULT.idempotent(kept))
        .start();
    return leat;
  }

  private void pay(Leat leat, int from, int to) {
    List<CompletableFuture<String>> answers =
        IntStream.range(from, to).mapToObj(i -> paid(leat, "key-" + i, "x")).toList();
    answers.forEach(answer -> assertThat(result(answer)).startsWith("x"));
  }

  private static CompletableFuture<String> paid(Leat leat, String key, String text) {
    return leat.caller()
        .with(Headers.of(Headers.IDEMPOTENCY_KEY, key))
        .callAsync("paid", "pay", text, String.class, LONG)
        .toCompletableFuture();
  }

  private int kept() {
    return client.keys(STORE + "::*").size();
  }

  private long sum() {
    return Long.parseLong(client.send("ZSCORE", STORE, "").text());
  }

  private long used() {
    return client
        .send("INFO", "memory")
        .text()
        .lines()
        .filter(line -> line.startsWith("used_memory_dataset:"))
        .mapToLong(line -> Long.parseLong(line.substring(line.indexOf(':') + 1).strip()))
        .findFirst()
        .orElseThrow();
  }
}
