package dev.leat.redis;

import static dev.leat.testkit.Awaiting.result;
import static dev.leat.testkit.Awaiting.until;
import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.BrokerUnavailable;
import dev.leat.Leat;
import dev.leat.StreamRef;
import dev.leat.Topic;
import dev.leat.wire.StreamKeys;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What waits, at a server that came back. Redis writes down which entry a group was handed last,
 * but not that it was one more: after a restart, or on a replica that takes over, it counts as
 * waiting what was handed over since its last snapshot.
 */
class RedisCountTest {
  private static final String STREAM = StreamKeys.of(Topic.of("counted").incoming());
  private static final String GROUP = "workers";

  @TempDir private Path folder;
  private RedisServerProcess redis;
  private RedisClient client;
  private Leat leat;

  @BeforeEach
  void start() {
    redis = RedisServerProcess.withLog(folder);
    client = new RedisClient(redis.port());
    leat = Leat.connect(redis.url());
    client.startGroup(STREAM, GROUP);
  }

  @AfterEach
  void stop() {
    leat.close();
    client.close();
    redis.close();
  }

  @Test
  void what_was_handed_over_does_not_wait_after_a_server_came_back() {
    send(20);
    take(10);
    snapshot();
    take(10);
    comeBack();

    assertThat(waiting()).isZero();
  }

  @Test
  void a_server_that_came_back_counts_again_once_a_group_has_seen_everything() {
    send(20);
    take(10);
    snapshot();
    take(10);
    comeBack();
    sweep();
    send(5);

    assertThat(waiting()).isEqualTo(5);
  }

  @Test
  void a_group_that_never_has_seen_everything_is_counted_from_the_last_sweep() {
    send(20);
    take(5);
    snapshot();
    take(10);
    sweep();
    take(1);
    sweep();
    comeBack();

    assertThat(waiting()).isEqualTo(4);
  }

  @Test
  void what_was_handed_over_since_the_last_sweep_is_counted_by_whoever_looks_and_sweeps_next() {
    send(40);
    take(5);
    sweep();
    snapshot();
    take(10);
    comeBack();
    assertThat(waiting()).isEqualTo(25);
    assertThat(census()).isEqualTo(25);

    take(5);
    assertThat(waiting()).isEqualTo(20);
    sweep();
    take(2);
    assertThat(waiting()).isEqualTo(18);
    assertThat(census()).isEqualTo(18);
  }

  private long census() {
    return result(leat.broker().census(Topic.of("counted")))
        .groups()
        .getFirst()
        .waiting()
        .orElseThrow();
  }

  @Test
  void a_sweep_changes_nothing_where_the_server_counts_right() {
    send(20);
    take(5);
    sweep();

    assertThat(waiting()).isEqualTo(15);
    take(1);
    sweep();
    assertThat(waiting()).isEqualTo(14);
  }

  private void send(int count) {
    for (int i = 0; i < count; i++) {
      until("it is sent", this::isSent);
    }
    until(
        "all is there",
        () ->
            result(leat.broker().health(new StreamRef.At(STREAM))).length().orElseThrow() >= count);
  }

  /** Whoever sends has a connection of its own, which may not be back yet. */
  private boolean isSent() {
    try {
      leat.caller().send("counted", "t", "text");
      return true;
    } catch (BrokerUnavailable notYet) {
      return false;
    }
  }

  private void take(int count) {
    for (int i = 0; i < count; i++) {
      client.takeOne(STREAM, GROUP, "m");
    }
  }

  /** From here on only what follows is read one by one when the server starts. */
  private void snapshot() {
    client.send("BGREWRITEAOF");
    until(
        "the log is rewritten",
        () -> {
          String state = client.send("INFO", "persistence").text();
          return state.contains("aof_rewrite_in_progress:0")
              && state.contains("aof_rewrite_scheduled:0")
              && state.contains("aof_last_bgrewrite_status:ok");
        });
  }

  private void comeBack() {
    redis.restart();
    until("the server is back", this::isBack);
  }

  private boolean isBack() {
    try {
      return waiting() >= 0 && client.clients() > 0;
    } catch (RuntimeException unavailable) {
      return false;
    }
  }

  private void sweep() {
    client.onLoop(
        connection ->
            new Janitor(client.vertx(), new Health(connection, 0), Kept.DEFAULT, STREAM, seen -> {})
                .sweep());
  }

  private long waiting() {
    return result(leat.broker().health(new StreamRef.At(STREAM)))
        .groups()
        .getFirst()
        .backlog()
        .orElseThrow();
  }
}
