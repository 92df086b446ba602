package dev.leat.redis;

import static dev.leat.testkit.Awaiting.result;
import static dev.leat.testkit.Awaiting.until;
import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.Handling;
import dev.leat.Leat;
import dev.leat.Message;
import dev.leat.Position;
import dev.leat.Reply;
import dev.leat.Retention;
import dev.leat.Retry;
import dev.leat.StreamRef;
import dev.leat.Topic;
import dev.leat.broker.Delivery;
import dev.leat.broker.Entry;
import dev.leat.broker.Membership;
import dev.leat.wire.StreamKeys;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What streams remember of what is done with, for how long, and how much. */
class RedisRetentionTest {
  private static final Topic TOPIC = Topic.of("work");
  private static final String STREAM = StreamKeys.of(TOPIC.incoming());
  private static final Duration PATIENCE = Duration.ofSeconds(10);
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
  void a_request_and_its_reply_stay_where_they_were_written_after_all_are_gone(String version) {
    RedisServerProcess redis = start(version);
    RedisClient client = client(redis);
    try (Leat leat = Leat.connect(redis.url())) {
      work(leat);
      assertThat(call(leat, "asked")).isEqualTo("asked, answered");
    }
    try (Leat other = Leat.connect(redis.url())) {
      Message request = only(other, TOPIC.incoming());
      assertThat(request.payload().asText()).isEqualTo("asked");
      Message reply = only(other, new StreamRef.At(request.destination()));
      assertThat(reply.id()).isEqualTo(request.id());
      assertThat(reply.payload().asText()).isEqualTo("asked, answered");
      assertThat(client.send("PTTL", request.destination()).number()).isBetween(880_000L, 900_000L);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {RedisServerProcess.OLD, RedisServerProcess.CURRENT})
  void what_is_older_than_it_may_be_goes_and_what_waits_stays(String version) {
    RedisServerProcess redis = start(version);
    RedisClient client = client(redis);
    Leat leat = connect(redis, "?keep=1s&dead-letters-keep=1s");
    List<Delivery> held = new CopyOnWriteArrayList<>();
    leat.broker()
        .subscribe(Membership.of(TOPIC, "slow", "m").withLease(HOUR), held::addAll)
        .request(5);
    work(leat);
    for (int i = 0; i < 5; i++) {
      call(leat, "t" + i);
    }
    until("all are held", () -> held.size() == 5);
    for (int i = 0; i < 4; i++) {
      result(held.get(i).complete(List.of()));
    }
    leat.caller().send("work", "fails", "x");
    leat.caller().send("work", "fails", "y");
    until("they are dead", () -> client.keys(StreamKeys.of(TOPIC.deadLetters())).size() == 1);

    until("the fifth and those behind are left", () -> client.send("XLEN", STREAM).number() == 3);
    until(
        "the latest reply is left",
        () ->
            client.keys("leat::replies#*").stream()
                .allMatch(replies -> client.send("XLEN", replies).number() == 1));
    until(
        "the latest dead letter is left",
        () -> client.send("XLEN", StreamKeys.of(TOPIC.deadLetters())).number() == 1);
    assertThat(result(held.get(4).complete(List.of()))).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {RedisServerProcess.OLD, RedisServerProcess.CURRENT})
  void a_topic_that_says_so_keeps_requests_and_their_replies_longer_than_others(String version) {
    RedisServerProcess redis = start(version);
    RedisClient client = client(redis);
    Leat leat = connect(redis, "?keep=1s");
    open.add(
        leat.worker("precious")
            .keep(new Retention(HOUR, Retention.DEFAULT.bytes()))
            .keepDeadLetters(new Retention(Duration.ZERO, Retention.DEFAULT.bytes()))
            .on("t", String.class, (text, request) -> Reply.of(text))
            .on(
                "fails",
                String.class,
                (text, request) -> {
                  throw new IllegalStateException(text);
                })
            .start());
    work(leat);
    String asked = StreamKeys.of(Topic.of("precious").incoming());
    until("it is said", () -> client.keys(asked + "::RETENTION").size() == 1);
    try (Leat other = Leat.connect(redis.url() + "?keep=1s")) {
      for (int i = 0; i < 5; i++) {
        other.caller().call("precious", "t", "p" + i, String.class, PATIENCE);
        call(leat, "w" + i);
      }
      leat.caller().send("precious", "fails", "x");
      leat.caller().send("precious", "fails", "y");
      until("the others are gone", () -> client.send("XLEN", STREAM).number() == 0);
      assertThat(client.send("XLEN", asked).number()).isEqualTo(7);
    }
    Message first =
        result(leat.broker().range(Topic.of("precious").incoming(), Position.START, 1))
            .getFirst()
            .message();
    assertThat(client.send("XLEN", first.destination()).number()).isEqualTo(5);
    assertThat(client.send("PTTL", first.destination()).number())
        .isBetween(HOUR.toMillis() - 60_000, HOUR.toMillis());
    until(
        "the latest dead letter is left",
        () -> client.send("XLEN", StreamKeys.of(Topic.of("precious").deadLetters())).number() == 1);
  }

  @ParameterizedTest
  @ValueSource(strings = {RedisServerProcess.OLD, RedisServerProcess.CURRENT})
  void the_oldest_goes_of_what_takes_more_than_it_may(String version) {
    RedisServerProcess redis = start(version);
    RedisClient client = client(redis);
    Leat leat = connect(redis, "?keep-bytes=500000");
    work(leat);
    IntStream.range(0, 8_000).forEach(i -> leat.caller().send("work", "t", "small " + i));
    until("it is trimmed", () -> bytes(client, STREAM) <= 500_000);
    assertThat(bytes(client, STREAM)).isBetween(250_000L, 500_000L);
    assertThat(client.send("XLEN", STREAM).number()).isBetween(1_000L, 7_999L);

    for (int i = 0; i < 20; i++) {
      call(leat, i + " is large" + "x".repeat(100_000));
    }
    until("it is trimmed again", () -> bytes(client, STREAM) <= 500_000);
    List<Entry> left = result(leat.broker().range(TOPIC.incoming(), Position.START, 10_000));
    assertThat(left).hasSizeBetween(2, 4);
    assertThat(left.getLast().message().payload().asText()).startsWith("19 is large");
    until(
        "of replies too",
        () ->
            client.keys("leat::replies#*").stream()
                .allMatch(replies -> bytes(client, replies) <= 500_000));
  }

  @ParameterizedTest
  @ValueSource(strings = {RedisServerProcess.OLD, RedisServerProcess.CURRENT})
  void what_waits_is_not_touched_however_much_it_is_and_a_little_is_trimmed_too(String version) {
    RedisServerProcess redis = start(version);
    RedisClient client = client(redis);
    Leat leat = connect(redis, "?keep-bytes=20000");
    work(leat);
    call(leat, "first");
    List<Delivery> held = new CopyOnWriteArrayList<>();
    leat.broker()
        .subscribe(
            Membership.of(TOPIC, "slow", "m").withLease(HOUR).withStart(Position.NOW), held::addAll)
        .request(1);
    until("there are two groups", () -> client.send("XINFO", "GROUPS", STREAM).items().size() == 2);
    IntStream.range(0, 200).forEach(i -> call(leat, "t" + i));
    until("the first is gone", () -> client.send("XLEN", STREAM).number() == 200);
    until("one is held", () -> held.size() == 1);
    for (int i = 0; i < 10; i++) {
      result(leat.broker().tidy(TOPIC.incoming()));
    }
    assertThat(client.send("XLEN", STREAM).number()).isEqualTo(200);

    client.send("XGROUP", "DESTROY", STREAM, "slow");
    until("little is left", () -> bytes(client, STREAM) <= 20_000);
    assertThat(client.send("XLEN", STREAM).number()).isBetween(30L, 150L);
  }

  @ParameterizedTest
  @ValueSource(strings = {RedisServerProcess.OLD, RedisServerProcess.CURRENT})
  void what_a_group_is_to_have_again_stays_though_it_has_something_in_hand(String version) {
    RedisServerProcess redis = start(version);
    RedisClient client = client(redis);
    Leat leat = connect(redis, "?keep=0s");
    client.startGroup(STREAM, "g");
    for (int i = 1; i <= 10; i++) {
      client.send("XADD", STREAM, i + "-0", "a", "b");
      client.takeOne(STREAM, "g", "m");
    }
    for (int i = 1; i < 10; i++) {
      client.send("XACK", STREAM, "g", i + "-0");
    }
    client.send("XGROUP", "SETID", STREAM, "g", "2-0");
    for (int i = 0; i < 3; i++) {
      result(leat.broker().tidy(TOPIC.incoming()));
    }
    assertThat(client.send("XLEN", STREAM).number()).isEqualTo(8);
  }

  @ParameterizedTest
  @ValueSource(strings = {RedisServerProcess.OLD, RedisServerProcess.CURRENT})
  void one_that_waits_keeps_nothing_however_little_came_after_it(String version) {
    RedisServerProcess redis = start(version);
    RedisClient client = client(redis);
    Leat leat = connect(redis, "?keep-bytes=2000000");
    client.startGroup(STREAM, "g");
    client.append(STREAM, "a", "waits");
    client.takeOne(STREAM, "g", "m");
    for (int i = 0; i < 200; i++) {
      client.append(STREAM, "a", "x".repeat(50_000));
    }
    client.completeAll(STREAM, "g");
    client.append(STREAM, "a", "waits too");
    client.takeOne(STREAM, "g", "m");
    String waits =
        client.send("XRANGE", STREAM, "-", "+").items().getFirst().items().getFirst().text();
    until(
        "what is between them goes",
        () -> {
          result(leat.broker().tidy(TOPIC.incoming()));
          return bytes(client, STREAM) < 2_000_000;
        });
    assertThat(client.send("XRANGE", STREAM, waits, waits).items()).hasSize(1);
    assertThat(client.send("XLEN", STREAM).number()).isGreaterThan(10);
  }

  @ParameterizedTest
  @ValueSource(strings = {RedisServerProcess.OLD, RedisServerProcess.CURRENT})
  void small_ones_do_not_go_for_large_ones_that_were_older(String version) {
    RedisServerProcess redis = start(version);
    RedisClient client = client(redis);
    Leat leat = connect(redis, "?keep-bytes=1000000");
    client.startGroup(STREAM, "g");
    IntStream.range(0, 20).forEach(i -> client.append(STREAM, "a", "x".repeat(200_000)));
    IntStream.range(0, 2_000).forEach(i -> client.append(STREAM, "a", "small"));
    client.completeAll(STREAM, "g");
    until(
        "it is trimmed",
        () -> {
          result(leat.broker().tidy(TOPIC.incoming()));
          return bytes(client, STREAM) < 1_000_000;
        });
    assertThat(client.send("XLEN", STREAM).number()).isGreaterThan(1_900);
  }

  @ParameterizedTest
  @ValueSource(strings = {RedisServerProcess.OLD, RedisServerProcess.CURRENT})
  void a_caller_that_is_closed_leaves_little_behind(String version) {
    RedisServerProcess redis = start(version);
    RedisClient client = client(redis);
    try (Leat leat = Leat.connect(redis.url() + "?keep-bytes=16000000")) {
      work(leat);
      for (int i = 0; i < 40; i++) {
        call(leat, "x".repeat(100_000));
      }
    }
    String replies = client.keys("leat::replies#*").getFirst();
    assertThat(bytes(client, replies)).isBetween(1L, 1_000_000L);
  }

  @ParameterizedTest
  @ValueSource(strings = {RedisServerProcess.OLD, RedisServerProcess.CURRENT})
  void a_reply_to_a_lane_that_never_was_makes_no_stream(String version) {
    RedisServerProcess redis = start(version);
    RedisClient client = client(redis);
    work(connect(redis, ""));
    String never = StreamKeys.replies("never");
    client.append(STREAM, "id", "t", never, "[]", "text", "tester", "UnoccupiedField", "asked");
    until("it is done", () -> client.send("XLEN", STREAM).number() == 1 && isDone(client));
    assertThat(client.send("EXISTS", never).number()).isZero();
  }

  private static boolean isDone(RedisClient client) {
    return client.send("XINFO", "GROUPS", STREAM).items().stream()
        .map(Fields::of)
        .allMatch(group -> !group.text("last-delivered-id").equals("0-0") && pending(client) == 0);
  }

  private static long pending(RedisClient client) {
    return client.send("XPENDING", STREAM, "workers").items().getFirst().number();
  }

  private RedisServerProcess start(String version) {
    RedisServerProcess redis = RedisServerProcess.start(version);
    open.add(redis);
    return redis;
  }

  private RedisClient client(RedisServerProcess redis) {
    RedisClient client = new RedisClient(redis.port());
    open.add(client);
    return client;
  }

  private Leat connect(RedisServerProcess redis, String options) {
    Leat leat = Leat.connect(redis.url() + options);
    open.add(leat);
    return leat;
  }

  private static void work(Leat leat) {
    leat.worker("work")
        .on("t", String.class, (text, request) -> text.length() > 100 ? text : text + ", answered")
        .on(
            "fails",
            String.class,
            (text, request) -> {
              throw new IllegalStateException(text);
            },
            Handling.DEFAULT.withRetry(Retry.NEVER))
        .start();
  }

  private static String call(Leat leat, String text) {
    return leat.caller().call("work", "t", text, String.class, PATIENCE);
  }

  private static Message only(Leat leat, StreamRef stream) {
    List<Entry> entries = result(leat.broker().range(stream, Position.START, 10));
    assertThat(entries).hasSize(1);
    return entries.getFirst().message();
  }

  private static long bytes(RedisClient client, String stream) {
    return client.send("MEMORY", "USAGE", stream, "SAMPLES", "0").number();
  }
}
