package dev.leat.redis;

import static dev.leat.testkit.Awaiting.result;
import static dev.leat.testkit.Awaiting.until;
import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.Leat;
import dev.leat.Position;
import dev.leat.Topic;
import dev.leat.broker.Delivery;
import dev.leat.broker.GroupCensus;
import dev.leat.broker.Membership;
import dev.leat.broker.OpenMessage;
import dev.leat.broker.StreamCensus;
import dev.leat.trail.TrailReader;
import dev.leat.wire.StreamKeys;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A census where others have had their hands on the streams. */
class RedisCensusTest {
  private static final Topic TOPIC = Topic.of("work");
  private static final String STREAM = StreamKeys.of(TOPIC.incoming());
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
  void a_group_that_was_set_back_has_each_message_once(String version) {
    RedisServerProcess redis = start(version);
    RedisClient client = client(redis);
    Leat leat = connect(redis);
    for (int held : List.of(1, 5)) {
      client.send("DEL", STREAM);
      fill(client, 10);
      client.send("XGROUP", "CREATE", STREAM, "g", Integer.toString(10 - held));
      for (int i = 0; i < held; i++) {
        client.takeOne(STREAM, "g", "m");
      }
      client.send("XGROUP", "SETID", STREAM, "g", "0");

      GroupCensus group = census(leat);
      assertThat(group.unfinished()).hasValue(10);
      assertThat(group.waiting()).hasValue(10 - held);
      assertThat(group.oldest()).contains(Instant.ofEpochMilli(1));
      for (int page : List.of(1, 4, 500)) {
        assertThat(list(leat, page))
            .isEqualTo(IntStream.rangeClosed(1, 10).mapToObj(i -> i + "-0").toList());
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {RedisServerProcess.OLD, RedisServerProcess.CURRENT})
  void what_others_have_trimmed_is_no_backlog_also_once_it_is_read_on(String version) {
    RedisServerProcess redis = start(version);
    RedisClient client = client(redis);
    Leat leat = connect(redis);
    fill(client, 10);
    client.send("XGROUP", "CREATE", STREAM, "g", "0");
    client.takeOne(STREAM, "g", "m");
    client.send("XTRIM", STREAM, "MAXLEN", "5");
    assertThat(census(leat).waiting()).hasValue(5);
    result(leat.broker().tidy(TOPIC.incoming()));
    client.takeOne(STREAM, "g", "m");

    assertThat(census(leat).waiting()).hasValue(4);
    assertThat(census(leat).unfinished()).hasValue(list(leat, 3).size());
    assertThat(result(leat.broker().health(TOPIC.incoming())).groups().getFirst().backlog())
        .hasValue(4);
  }

  @ParameterizedTest
  @ValueSource(strings = {RedisServerProcess.OLD, RedisServerProcess.CURRENT})
  void what_was_delayed_and_taken_off_by_hand_is_not_delayed(String version) {
    RedisServerProcess redis = start(version);
    RedisClient client = client(redis);
    Leat leat = connect(redis);
    fill(client, 10);
    List<Delivery> held = new CopyOnWriteArrayList<>();
    leat.broker().subscribe(Membership.of(TOPIC, "g", "m"), held::addAll).request(10);
    until("all are held", () -> held.size() == 10);
    for (int i = 0; i < 5; i++) {
      result(held.get(i).release(HOUR));
    }
    assertThat(census(leat).delayed()).hasValue(5);
    for (int i = 1; i <= 5; i++) {
      client.send("XACK", STREAM, "g", i + "-0");
    }

    GroupCensus group = census(leat);
    assertThat(group.delayed()).hasValue(0);
    assertThat(group.running()).hasValue(5);
    assertThat(group.members()).containsExactly(new GroupCensus.Holder("m", true, 5));
  }

  @ParameterizedTest
  @ValueSource(strings = {RedisServerProcess.OLD, RedisServerProcess.CURRENT})
  void very_many_that_are_delayed_are_counted_each_in_its_state(String version) {
    RedisServerProcess redis = start(version);
    RedisClient client = client(redis);
    Leat leat = connect(redis);
    fill(client, 2_050);
    List<Delivery> held = new CopyOnWriteArrayList<>();
    leat.broker().subscribe(Membership.of(TOPIC, "g", "m"), held::addAll).request(2_050);
    until("all are held", () -> held.size() == 2_050);
    held.subList(0, 2_000).forEach(one -> result(one.release(HOUR)));

    GroupCensus group = census(leat);
    assertThat(group.delayed()).hasValue(2_000);
    assertThat(group.running()).hasValue(50);
    assertThat(group.members()).containsExactly(new GroupCensus.Holder("m", true, 50));
    assertThat(list(leat, 500)).hasSize(2_050);
  }

  @ParameterizedTest
  @ValueSource(strings = {RedisServerProcess.OLD, RedisServerProcess.CURRENT})
  void large_entries_and_odd_ones_are_listed_each_once(String version) {
    RedisServerProcess redis = start(version);
    RedisClient client = client(redis);
    Leat leat = connect(redis);
    String large = "x".repeat(1_000_000);
    for (int i = 1; i <= 12; i++) {
      client.send(
          "XADD", STREAM, i + "-0", "id" + i, "t", "", "nil", "text", "", "UnoccupiedField", large);
    }
    client.send("XADD", STREAM, "13-0", "one", "field");
    client.send("XADD", STREAM, "9223372036854775808-1", "one", "field");
    client.startGroup(STREAM, "g");
    client.takeOne(STREAM, "g", "m");

    assertThat(census(leat).unfinished()).hasValue(14);
    assertThat(list(leat, 500))
        .isEqualTo(
            Stream.concat(
                    IntStream.rangeClosed(1, 13).mapToObj(i -> i + "-0"),
                    Stream.of("9223372036854775808-1"))
                .toList());
  }

  @ParameterizedTest
  @ValueSource(strings = {RedisServerProcess.OLD, RedisServerProcess.CURRENT})
  void a_request_behind_many_entries_that_break_the_protocol_is_found(String version) {
    RedisServerProcess redis = start(version);
    RedisClient client = client(redis);
    Leat leat = connect(redis);
    for (int i = 0; i < 1_000; i++) {
      client.send("XADD", STREAM, "*", "one", "field");
    }
    client.append(STREAM, "last-one", "t", "", "nil", "text", "", "UnoccupiedField", "x");

    assertThat(new TrailReader(leat.broker()).of("last-one")).isPresent();
    assertThat(new TrailReader(leat.broker()).last(TOPIC, 1, TrailReader.Choice.ALL)).hasSize(1);
  }

  private static void fill(RedisClient client, int count) {
    for (int i = 1; i <= count; i++) {
      client.send(
          "XADD", STREAM, i + "-0", "id" + i, "t", "", "nil", "text", "", "UnoccupiedField", "x");
    }
  }

  private static GroupCensus census(Leat leat) {
    StreamCensus census = result(leat.broker().census(TOPIC));
    assertThat(census.groups()).hasSize(1);
    return census.groups().getFirst();
  }

  private static List<String> list(Leat leat, int limit) {
    List<String> all = new ArrayList<>();
    Position from = Position.START;
    while (true) {
      List<OpenMessage> page = result(leat.broker().open(TOPIC, "g", from, limit));
      if (page.isEmpty()) {
        return all;
      }
      page.forEach(one -> all.add(one.entryId()));
      from = Position.after(page.getLast().entryId());
    }
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

  private Leat connect(RedisServerProcess redis) {
    Leat leat = Leat.connect(redis.url() + "?keep=24h");
    open.add(leat);
    return leat;
  }
}
