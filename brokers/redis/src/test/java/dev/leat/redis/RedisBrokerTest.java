package dev.leat.redis;

import static dev.leat.testkit.Awaiting.result;
import static dev.leat.testkit.Awaiting.until;
import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.Caller;
import dev.leat.Handling;
import dev.leat.Headers;
import dev.leat.Leat;
import dev.leat.LeatException;
import dev.leat.Payload;
import dev.leat.Position;
import dev.leat.Reply;
import dev.leat.Retention;
import dev.leat.StreamRef;
import dev.leat.Topic;
import dev.leat.Worker;
import dev.leat.broker.Membership;
import dev.leat.broker.StreamHealth;
import dev.leat.broker.Subscription;
import dev.leat.testkit.Inbox;
import dev.leat.wire.StreamKeys;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What is Redis's own: programs that share it, connections that break, memory that stays flat. */
class RedisBrokerTest {
  /** Nothing is kept that is done with. */
  private static final String FORGETFUL = "?keep=0s";

  private static final Duration LONG = Duration.ofSeconds(20);

  /** A stream of which one group has completed everything. */
  private static final String MANY =
      """
      for i = 1, 2000 do
        redis.call('XADD', KEYS[1], i .. '-0', 'a', 'b')
      end
      redis.call('XGROUP', 'CREATE', KEYS[1], 'done', '2000-0')
      """;

  private final RedisServerProcess redis = RedisServerProcess.start(RedisServerProcess.CURRENT);

  @AfterEach
  void stop() {
    redis.close();
  }

  @Test
  void programs_that_share_nothing_but_the_server_answer_each_other() {
    try (Leat service = connect();
        Leat other = connect()) {
      echo(service).start();

      assertThat(other.caller().call("echo", "echo", "hello", String.class, LONG))
          .isEqualTo("hello");
    }
  }

  @Test
  void a_request_that_is_sent_while_no_worker_runs_is_answered_when_one_comes() {
    try (Leat other = connect()) {
      CompletableFuture<String> answer =
          other
              .caller()
              .callAsync("echo", "echo", "early", String.class, LONG)
              .toCompletableFuture();
      try (Leat service = connect()) {
        echo(service).start();
        assertThat(answer.join()).isEqualTo("early");
      }
    }
  }

  @Test
  void completed_requests_and_read_replies_are_trimmed_but_nothing_from_what_is_held_on() {
    CountDownLatch stuck = new CountDownLatch(1);
    try (Leat leat = connect(FORGETFUL);
        RedisClient client = new RedisClient(redis.port())) {
      echo(leat).start();
      leat.worker("mixed")
          .on("echo", Payload.class, (payload, request) -> payload)
          .on(
              "stuck",
              String.class,
              (text, request) -> {
                stuck.await();
                return text;
              })
          .start();
      CompletableFuture<String> held =
          leat.caller()
              .callAsync("mixed", "stuck", "held", String.class, LONG)
              .toCompletableFuture();
      burst(leat.caller(), "echo");
      burst(leat.caller(), "mixed");

      String replies = client.send("KEYS", "leat::replies#*").items().getFirst().text();
      until(
          "requests are trimmed",
          () -> length(leat, StreamKeys.of(Topic.of("echo").incoming())) == 0);
      until("replies are trimmed", () -> length(leat, replies) <= 1);
      assertThat(length(leat, StreamKeys.of(Topic.of("mixed").incoming()))).isEqualTo(2_001);

      stuck.countDown();
      assertThat(held.join()).isEqualTo("held");
      until(
          "the rest is trimmed",
          () -> length(leat, StreamKeys.of(Topic.of("mixed").incoming())) == 0);
    }
  }

  @Test
  void a_server_that_comes_back_empty_is_worked_with_again() {
    try (Leat leat = connect()) {
      echo(leat).start();
      assertThat(leat.caller().call("echo", "echo", "1", String.class, LONG)).isEqualTo("1");

      redis.restart();

      until("it answers again", () -> answers(leat.caller()));
    }
  }

  @Test
  void a_group_that_vanishes_goes_on_from_where_it_was() {
    try (Leat leat = connect();
        RedisClient client = new RedisClient(redis.port())) {
      List<String> handled = new CopyOnWriteArrayList<>();
      leat.worker("echo")
          .on(
              "echo",
              String.class,
              (text, request) -> {
                handled.add(text);
                return text;
              })
          .start();
      leat.caller().call("echo", "echo", "1", String.class, LONG);
      client.send(
          "XGROUP", "DESTROY", StreamKeys.of(Topic.of("echo").incoming()), Worker.DEFAULT_GROUP);

      assertThat(leat.caller().call("echo", "echo", "2", String.class, LONG)).isEqualTo("2");
      assertThat(handled).containsExactly("1", "2");
    }
  }

  @Test
  void a_group_that_vanishes_before_its_member_has_read_goes_on_where_it_stood() {
    try (Leat leat = connect();
        RedisClient client = new RedisClient(redis.port())) {
      Inbox inbox = new Inbox();
      Topic topic = Topic.of("late");
      Subscription first = leat.broker().subscribe(Membership.of(topic, "g", "m"), inbox);
      first.request(100);
      IntStream.range(0, 50).forEach(i -> leat.caller().send("late", "t", "done " + i));
      inbox.await(50).forEach(delivery -> result(delivery.complete(List.of())));
      first.close();
      Inbox other = new Inbox();
      Subscription second = leat.broker().subscribe(Membership.of(topic, "g", "other"), other);
      second.request(100);
      result(second.ready());
      client.send("XGROUP", "DESTROY", StreamKeys.of(topic.incoming()), "g");
      leat.caller().send("late", "t", "after");

      other.await(1);
      assertThat(other.texts()).containsExactly("after");
    }
  }

  @Test
  void what_is_large_and_completed_goes_though_it_is_little_in_number() {
    try (Leat leat = connect();
        RedisClient client = new RedisClient(redis.port())) {
      client.send("CONFIG", "SET", "maxmemory", "256mb");
      String stream = StreamKeys.of(Topic.of("large").incoming());
      leat.worker("large").on("t", Payload.class, (payload, request) -> Reply.empty()).start();
      byte[] upload = new byte[3_000_000];
      for (int i = 0; i < 40; i++) {
        leat.caller().call("large", "t", upload, Payload.class, Duration.ofSeconds(10));
      }

      // As no member would that is written in another language.
      until("it is trimmed", () -> client.send("MEMORY", "USAGE", stream).number() < 10_000_000);
    }
  }

  @Test
  void dead_letters_end_where_they_take_too_much_and_the_latest_stay() {
    try (Leat leat = connect();
        RedisClient client = new RedisClient(redis.port())) {
      client.send("CONFIG", "SET", "maxmemory", "256mb");
      String letters = StreamKeys.of(Topic.of("dead").deadLetters());
      leat.worker("dead")
          .on(
              "t",
              Payload.class,
              (payload, request) -> {
                throw new IllegalStateException("always");
              })
          .start();
      byte[] large = new byte[1_000_000];
      for (int i = 0; i < 60; i++) {
        leat.caller().send("dead", "t", large);
      }

      until(
          "nothing waits",
          () ->
              client.send("XLEN", letters).number() > 0
                  && client
                          .send("XPENDING", StreamKeys.of(Topic.of("dead").incoming()), "workers")
                          .items()
                          .getFirst()
                          .number()
                      == 0);
      until("an eighth is left", () -> client.send("MEMORY", "USAGE", letters).number() < 33 << 20);
      assertThat(client.send("XLEN", letters).number()).isGreaterThan(20);
    }
  }

  @Test
  void dead_letters_that_take_little_stay_though_the_first_of_them_are_large() {
    try (Leat leat = connect();
        RedisClient client = new RedisClient(redis.port())) {
      client.send("CONFIG", "SET", "maxmemory", "1gb");
      String letters = StreamKeys.of(Topic.of("few").deadLetters());
      for (int i = 0; i < 5; i++) {
        client.append(letters, "large", "x".repeat(1 << 20));
      }
      for (int i = 0; i < 3_000; i++) {
        client.append(letters, "small", "x".repeat(3_000));
      }
      for (int i = 0; i < 3; i++) {
        result(leat.broker().tidy(Topic.of("few").incoming()));
      }
      assertThat(client.send("XLEN", letters).number()).isEqualTo(3_005);
    }
  }

  @Test
  void what_no_member_looks_after_is_tidied_by_whoever_asks_for_it() {
    try (Leat leat = connect(FORGETFUL);
        Leat other = connect(FORGETFUL);
        RedisClient client = new RedisClient(redis.port())) {
      String stream = StreamKeys.of(Topic.of("others").incoming());
      client.send("EVAL", MANY, "1", stream);
      client.send("XGROUP", "CREATE", stream, "g", "$");
      result(leat.broker().tidy(new StreamRef.At(stream)));
      assertThat(client.send("XLEN", stream).number()).isZero();
      client.send("XADD", stream, "*", "a", "b");
      client.send("XGROUP", "SETID", stream, "g", "$");
      client.send("XGROUP", "SETID", stream, "done", "$");

      // One after the other does so, not two at once.
      result(other.broker().tidy(new StreamRef.At(stream)));
      result(other.broker().tidy(new StreamRef.At(stream)));
      assertThat(client.send("XLEN", stream).number()).isEqualTo(1);
      result(leat.broker().tidy(new StreamRef.At(stream)));
      assertThat(client.send("XLEN", stream).number()).isZero();
    }
  }

  @Test
  void a_stream_of_large_entries_is_read_along_from_now_on() {
    try (Leat leat = connect();
        RedisClient client = new RedisClient(redis.port())) {
      String stream = StreamKeys.of(Topic.of("tailed").incoming());
      client.send("XADD", stream, "*", "a", "x".repeat(300_000));
      List<String> read = new CopyOnWriteArrayList<>();
      Subscription tail =
          leat.broker()
              .tail(
                  new StreamRef.At(stream),
                  Position.NOW,
                  batch -> batch.forEach(entry -> read.add(entry.message().payload().asText())));
      tail.request(10);
      result(tail.ready());
      leat.caller().send("tailed", "t", "y".repeat(300_000));
      leat.caller().send("tailed", "t", "z");

      until("both are read", () -> read.size() == 2);
      assertThat(read).containsExactly("y".repeat(300_000), "z");
    }
  }

  @Test
  void of_a_request_that_no_key_asked_to_remember_the_answer_is_kept_for_minutes() {
    try (Leat leat = connect();
        RedisClient client = new RedisClient(redis.port())) {
      leat.worker("paid")
          .on("t", String.class, (text, request) -> text, Handling.DEFAULT.idempotent())
          .start();
      leat.caller().call("paid", "t", "x", String.class, LONG);
      assertThat(kept(client)).containsExactly(10L);

      client.keys("paid::DEFAULT::ANSWERS::*::*").forEach(key -> client.send("DEL", key));
      leat.caller()
          .with(Headers.of(Headers.IDEMPOTENCY_KEY, "k"))
          .call("paid", "t", "x", String.class, LONG);
      assertThat(kept(client)).containsExactly(24L * 60);
    }
  }

  /** Minutes that answers are kept. */
  private static List<Long> kept(RedisClient client) {
    return client.keys("paid::DEFAULT::ANSWERS::*::*").stream()
        .map(key -> client.send("PTTL", key).number())
        .map(millis -> (millis + 59_999) / 60_000)
        .toList();
  }

  @Test
  void a_group_that_begins_late_with_everything_loses_nothing_to_the_janitor() {
    try (RedisClient client = new RedisClient(redis.port())) {
      String stream = StreamKeys.of(Topic.of("kept").incoming());
      client.send("EVAL", MANY, "1", stream);
      List<Long> removed =
          client.onLoop(
              connection -> {
                Janitor janitor =
                    new Janitor(
                        client.vertx(),
                        new Health(connection, 0),
                        new Kept(new Retention(Duration.ZERO, 0), Retention.DEFAULT),
                        stream,
                        seen -> {});
                return connection
                    .send(Command.of("XGROUP", "CREATE", stream, "late", "0"))
                    .compose(made -> janitor.sweep())
                    .map(Health.Trimmed::removed)
                    .compose(
                        none ->
                            connection
                                .send(Command.of("XGROUP", "DESTROY", stream, "late"))
                                .compose(gone -> janitor.sweep())
                                .map(all -> List.of(none, all.removed())));
              });

      assertThat(removed).containsExactly(0L, 2_000L);
    }
  }

  @Test
  void what_is_trimmed_by_hand_is_no_backlog() {
    try (Leat leat = connect();
        RedisClient client = new RedisClient(redis.port())) {
      String stream = StreamKeys.of(Topic.of("cut").incoming());
      leat.caller().send("cut", "t", "first");
      client.startGroup(stream, "g");
      client.send("XGROUP", "CREATE", stream, "other", "0");
      client.takeOne(stream, "other", "m");
      IntStream.range(0, 99).forEach(i -> leat.caller().send("cut", "t", "" + i));
      client.send("XTRIM", stream, "MAXLEN", "10");

      assertThat(health(leat, Topic.of("cut")).groups())
          .extracting(group -> group.backlog().orElse(-1))
          .containsExactly(10L, 10L);
    }
  }

  @Test
  void the_reply_stream_of_a_program_that_was_killed_goes_away_by_itself() {
    try (Leat leat = connect();
        RedisClient client = new RedisClient(redis.port())) {
      echo(leat).start();
      leat.caller().call("echo", "echo", "1", String.class, LONG);
      String replies = client.keys("leat::replies#*").getFirst();

      assertThat(client.send("PTTL", replies).number()).isBetween(1L, 7_200_000L);
      client.send("DEL", replies);
      until("it is made again", () -> client.send("PTTL", replies).number() > 0);
      assertThat(leat.caller().call("echo", "echo", "2", String.class, LONG)).isEqualTo("2");
    }
    try (RedisClient client = new RedisClient(redis.port())) {
      String replies = client.keys("leat::replies#*").getFirst();
      assertThat(client.send("PTTL", replies).number()).isBetween(1L, 900_000L);
    }
    try (RedisClient client = new RedisClient(redis.port())) {
      client.send("FLUSHALL");
      try (Leat forgetful = connect(FORGETFUL)) {
        echo(forgetful).start();
        forgetful.caller().call("echo", "echo", "3", String.class, LONG);
        assertThat(client.keys("leat::replies#*")).hasSize(1);
      }
      assertThat(client.keys("leat::replies#*")).isEmpty();
    }
  }

  private Leat connect() {
    return connect("");
  }

  private Leat connect(String options) {
    return Leat.connect(redis.url() + options);
  }

  private static Worker echo(Leat leat) {
    return leat.worker("echo").on("echo", Payload.class, (payload, request) -> payload);
  }

  private static void burst(Caller caller, String topic) {
    List<CompletableFuture<String>> calls =
        IntStream.range(0, 2_000)
            .mapToObj(i -> caller.callAsync(topic, "echo", "" + i, String.class, LONG))
            .map(answer -> answer.toCompletableFuture())
            .toList();
    calls.forEach(CompletableFuture::join);
  }

  private static boolean answers(Caller caller) {
    try {
      return caller.call("echo", "echo", "2", String.class, Duration.ofMillis(500)).equals("2");
    } catch (LeatException notYet) {
      return false;
    }
  }

  private static long length(Leat leat, String stream) {
    return result(leat.broker().health(new StreamRef.At(stream))).length().orElseThrow();
  }

  private static StreamHealth health(Leat leat, Topic topic) {
    return result(leat.broker().health(topic.incoming()));
  }
}
