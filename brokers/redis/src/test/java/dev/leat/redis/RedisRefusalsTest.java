package dev.leat.redis;

import static dev.leat.testkit.Awaiting.until;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.leat.Handling;
import dev.leat.Headers;
import dev.leat.Leat;
import dev.leat.Topic;
import dev.leat.Worker;
import dev.leat.wire.StreamKeys;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A server that takes no writes for a while, and what it says then in each version. */
class RedisRefusalsTest {
  private static final Duration LONG = Duration.ofSeconds(20);
  private static final Topic TOPIC = Topic.of("echo");

  /** Entries that nobody else looks for, in the past and now. */
  private static final String MANY =
      """
      for i = 1, 3000 do
        redis.call('XADD', KEYS[1], '*', 'other' .. i, 't', '', '', 'text', '', 'UnoccupiedField', '')
      end
      """;

  @TempDir private Path folder;

  @ParameterizedTest
  @CsvSource({
    "READONLY, redis-server-7.0.15-, false",
    "READONLY, redis-server-7.0.15-, true",
    "READONLY, redis-server-6.2.6-v5-, false",
    "READONLY, redis-server-6.2.6-v5-, true",
    "NOREPLICAS, redis-server-7.0.15-, true",
    "NOREPLICAS, redis-server-6.2.6-v5-, true",
    "NOREPLICAS, redis-server-7.0.15-, false",
    "MISCONF, redis-server-7.0.15-, true",
    "MISCONF, redis-server-6.2.6-v5-, true",
    "MISCONF, redis-server-6.2.6-v5-, false"
  })
  void what_is_done_while_a_server_takes_no_writes_is_completed_once_it_does(
      String says, String version, boolean idempotent) {
    AtomicInteger handled = new AtomicInteger();
    CountDownLatch begun = new CountDownLatch(5);
    CountDownLatch go = new CountDownLatch(1);
    try (RedisServerProcess redis =
            RedisServerProcess.start(version, "--dir", folder.toString(), "--dbfilename", "taken");
        RedisClient client = new RedisClient(redis.port());
        Leat leat = Leat.connect(redis.url())) {
      Worker worker =
          leat.worker("echo")
              .on(
                  "echo",
                  String.class,
                  (text, request) -> {
                    handled.incrementAndGet();
                    begun.countDown();
                    go.await();
                    return text;
                  },
                  idempotent ? Handling.DEFAULT.idempotent(LONG) : Handling.DEFAULT)
              .start();
      List<CompletableFuture<String>> answers =
          IntStream.range(0, 5)
              .mapToObj(
                  i ->
                      leat.caller()
                          .with(Headers.of(Headers.IDEMPOTENCY_KEY, "" + i))
                          .callAsync("echo", "echo", "" + i, String.class, LONG))
              .map(answer -> answer.toCompletableFuture())
              .toList();
      until("all are begun", () -> begun.getCount() == 0);
      refuse(says, client);
      assertThatThrownBy(() -> client.send("SET", "k", "v")).hasMessageContaining(says);
      go.countDown();
      until("the server has refused", () -> refused(client, says) > 1);
      assertThat(answers).noneMatch(CompletableFuture::isDone);
      allow(client);

      assertThat(answers.stream().map(CompletableFuture::join))
          .containsExactly("0", "1", "2", "3", "4");
      until("nothing is pending", () -> pending(client) == 0 && worker.inFlight() == 0);
      assertThat(handled).hasValue(5);
      assertThat(worker.counts().replied()).isEqualTo(5);
    }
  }

  @Test
  void an_append_is_looked_for_page_by_page() {
    try (RedisServerProcess redis = RedisServerProcess.start(RedisServerProcess.CURRENT);
        RedisClient client = new RedisClient(redis.port());
        FaultProxy way = new FaultProxy(redis.port());
        Leat leat = Leat.connect(way.url())) {
      leat.caller().send("echo", "echo", "first");
      client.send("EVAL", MANY, "1", StreamKeys.of(TOPIC.incoming()));
      way.mute();
      CompletableFuture<String> sent = sending(leat, "there");
      until(
          "it is there",
          () -> client.send("XLEN", StreamKeys.of(TOPIC.incoming())).number() == 3_002);
      client.send("EVAL", MANY, "1", StreamKeys.of(TOPIC.incoming()));
      way.cut();
      assertThat(sent.join()).isNotEmpty();
      assertThat(client.send("XLEN", StreamKeys.of(TOPIC.incoming())).number()).isEqualTo(6_002);

      way.hold();
      CompletableFuture<String> lost = sending(leat, "never came");
      until("it is on its way", () -> way.held().contains("never came"));
      client.send("EVAL", MANY, "1", StreamKeys.of(TOPIC.incoming()));
      way.cut();
      assertThat(lost.join()).isNotEmpty();
      assertThat(client.send("XLEN", StreamKeys.of(TOPIC.incoming())).number()).isEqualTo(9_003);
    }
  }

  private static CompletableFuture<String> sending(Leat leat, String text) {
    return CompletableFuture.supplyAsync(
        () -> leat.caller().send("echo", "echo", text), Thread::startVirtualThread);
  }

  private void refuse(String says, RedisClient client) {
    switch (says) {
      case "READONLY" -> client.send("REPLICAOF", "127.0.0.1", "1");
      case "NOREPLICAS" -> client.send("CONFIG", "SET", "min-replicas-to-write", "1");
      default -> {
        // A snapshot that cannot be written: its name is a folder's.
        client.send("CONFIG", "SET", "save", "3600 1");
        if (!folder.resolve("taken").resolve("x").toFile().mkdirs()) {
          throw new AssertionError("no folder");
        }
        client.send("BGSAVE");
        until("it has failed", () -> isRefusing(client));
      }
    }
  }

  private static boolean isRefusing(RedisClient client) {
    return client.send("INFO", "persistence").text().contains("rdb_last_bgsave_status:err");
  }

  private static void allow(RedisClient client) {
    client.send("REPLICAOF", "NO", "ONE");
    client.send("CONFIG", "SET", "min-replicas-to-write", "0");
    client.send("CONFIG", "SET", "stop-writes-on-bgsave-error", "no");
  }

  /** How often the server has said so; one before 6.2 does not count. */
  private static long refused(RedisClient client, String says) {
    return client
        .send("INFO", "errorstats")
        .text()
        .lines()
        .filter(line -> line.startsWith("errorstat_" + says) || line.startsWith("errorstat_ERR"))
        .mapToLong(line -> Long.parseLong(line.substring(line.indexOf("count=") + 6).strip()))
        .sum();
  }

  private static long pending(RedisClient client) {
    return client
        .send("XPENDING", StreamKeys.of(TOPIC.incoming()), Worker.DEFAULT_GROUP)
        .items()
        .getFirst()
        .number();
  }
}
