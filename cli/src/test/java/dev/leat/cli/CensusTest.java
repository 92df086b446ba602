package dev.leat.cli;

import static dev.leat.testkit.Awaiting.result;
import static dev.leat.testkit.Awaiting.until;
import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.Headers;
import dev.leat.Leat;
import dev.leat.Message;
import dev.leat.Payload;
import dev.leat.Reply;
import dev.leat.Topic;
import dev.leat.broker.Append;
import dev.leat.broker.Delivery;
import dev.leat.broker.Membership;
import dev.leat.redis.RedisServerProcess;
import dev.leat.trail.Census;
import dev.leat.trail.TopicCensus;
import dev.leat.wire.PayloadCodec;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CensusTest {
  private static final Topic ORDERS = Topic.of("orders");

  private final List<AutoCloseable> open = new CopyOnWriteArrayList<>();
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private String url = "";

  @AfterEach
  void stop() throws Exception {
    for (AutoCloseable one : open.reversed()) {
      one.close();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {RedisServerProcess.OLD, RedisServerProcess.CURRENT})
  void what_is_in_flight_is_told_topic_by_topic_with_the_sum(String version) {
    Leat leat = connect(version);
    List<Delivery> held = new CopyOnWriteArrayList<>();
    send(leat, "orders", 5);
    leat.broker().subscribe(Membership.of(ORDERS, "workers", "m-1"), held::addAll).request(3);
    until("three are held", () -> held.size() == 3);
    result(held.get(2).release(Duration.ofHours(1)));
    send(leat, "unread", 2);
    leat.worker("idle").on("t", String.class, (text, request) -> Reply.of(text)).start();

    assertThat(run("census", "--over", "0s")).isZero();
    List<String> lines = out.toString().lines().map(line -> line.replaceAll(" +", " ")).toList();
    assertThat(lines).hasSize(5);
    assertThat(lines.get(0))
        .startsWith("TOPIC GROUP OPEN WAITING RUNNING DELAYED HELD GONE OLDEST");
    assertThat(lines.get(1)).startsWith("idle workers 0 0 0 0 0 0 - - ").endsWith(" 1 0");
    assertThat(lines.get(2)).matches("orders workers 5 2 2 1 0 0 \\S+s \\S+s \\S \\S 1 0");
    assertThat(lines.get(3))
        .matches("unread \\(nobody has ever read it\\) 2 2 0 0 0 0 \\S+s \\S+s \\S 0 0 0");
    assertThat(lines.get(4)).isEqualTo("7 in flight in 3 topics, 0 dead letters");

    assertThat(run("census", "orders", "--over", "0s")).isZero();
    assertThat(out.toString().lines().toList().getLast())
        .isEqualTo("m-1 of workers: there, holds 2");
  }

  @ParameterizedTest
  @ValueSource(strings = {RedisServerProcess.OLD, RedisServerProcess.CURRENT})
  void with_every_program_gone_exactly_what_is_open_is_listed(String version) {
    Leat leat = connect(version);
    List<String> sent = new ArrayList<>();
    for (int i = 0; i < 700; i++) {
      sent.add(send(leat, "orders", 1).getFirst());
    }
    CountDownLatch stuck = new CountDownLatch(1);
    open.add(stuck::countDown);
    List<Delivery> held = new CopyOnWriteArrayList<>();
    try (Leat other = Leat.connect(url)) {
      other.broker().subscribe(Membership.of(ORDERS, "workers", "m-1"), held::addAll).request(400);
      until("they are held", () -> held.size() >= 400);
      IntStream.range(0, 100).forEach(i -> result(held.get(i).complete(List.of())));
    }
    assertThat(run("census", "--open", "--json")).isZero();
    List<Listed> listed = out.toString().lines().map(CensusTest::listed).toList();
    assertThat(listed).extracting(Listed::id).isEqualTo(sent.subList(100, 700));
    assertThat(listed).extracting(Listed::state).containsOnly("waiting", "running");
    assertThat(listed.getFirst())
        .isEqualTo(
            new Listed(
                "orders",
                "workers",
                sent.get(100),
                "t",
                listed.getFirst().state(),
                "PUT",
                "/orders/7"));
  }

  @ParameterizedTest
  @ValueSource(strings = {RedisServerProcess.OLD, RedisServerProcess.CURRENT})
  void a_backlog_of_many_and_many_topics_are_told_soon(String version) {
    Leat leat = connect(version);
    List<Topic> topics =
        IntStream.range(0, 500).mapToObj(i -> Topic.of("many::t" + (1_000 + i))).toList();
    for (Topic topic : topics) {
      leat.caller().send(topic.toString(), "t", Payload.text("x"));
    }
    Census census = result(Census.of(leat.broker()));
    assertThat(census.inFlight()).hasValue(500);
    assertThat(census.topics()).extracting(TopicCensus::topic).isEqualTo(topics);
    assertThat(census.isInFlightExact()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = RedisServerProcess.CURRENT)
  void rates_and_trends_come_from_two_looks(String version) {
    Leat leat = connect(version);
    List<Delivery> held = new CopyOnWriteArrayList<>();
    send(leat, "orders", 10);
    leat.broker().subscribe(Membership.of(ORDERS, "workers", "m-1"), held::addAll).request(4);
    until("four are held", () -> held.size() == 4);
    TopicCensus before = result(TopicCensus.of(leat.broker(), ORDERS));
    send(leat, "orders", 20);
    held.forEach(one -> result(one.complete(List.of())));
    until(
        "time has passed",
        () ->
            result(TopicCensus.of(leat.broker(), ORDERS))
                .incoming()
                .at()
                .isAfter(before.incoming().at().plusMillis(50)));
    TopicCensus now = result(TopicCensus.of(leat.broker(), ORDERS));

    double seconds = Duration.between(before.incoming().at(), now.incoming().at()).toNanos() / 1e9;
    assertThat(now.rateIn(before)).hasValue(20 / seconds);
    var group = now.incoming().groups().getFirst();
    assertThat(now.rateOut(before, group)).hasValue(4 / seconds);
    assertThat(now.lagGrowth(before, group)).isPositive();
    assertThat(now.lag(group)).isEqualTo(now.age(group.oldestWaiting().orElseThrow()));
  }

  @ParameterizedTest
  @ValueSource(strings = RedisServerProcess.CURRENT)
  void a_topic_that_nobody_has_is_told_with_the_one_that_was_meant(String version) {
    Leat leat = connect(version);
    leat.worker("orders").on("t", String.class, (text, request) -> Reply.of(text)).start();
    until("it is announced", () -> !result(leat.broker().participants()).isEmpty());

    assertThat(run("census", "order")).isEqualTo(2);
    assertThat(err.toString())
        .isEqualTo(
            "leat: there is no topic 'order': nobody has sent to it, or read it; there is a topic"
                + " 'orders'"
                + System.lineSeparator());
    assertThat(out.toString()).isEmpty();
  }

  private Leat connect(String version) {
    RedisServerProcess redis = RedisServerProcess.start(version);
    open.add(redis);
    url = redis.url();
    Leat leat = Leat.connect(url);
    open.add(leat);
    return leat;
  }

  private static List<String> send(Leat leat, String topic, int count) {
    List<String> ids = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      Headers headers =
          Headers.NONE.with(Headers.HTTP_METHOD, "PUT").with(Headers.HTTP_PATH, "/orders/7");
      Message message =
          new Message("id-" + System.nanoTime(), "t", "", headers, "test", Payload.text("x"));
      result(leat.broker().append(new Append(Topic.of(topic).incoming(), message)));
      ids.add(message.id());
    }
    return ids;
  }

  /** What of a line of JSON is looked at. */
  private record Listed(
      String topic,
      String group,
      String id,
      String type,
      String state,
      String method,
      String path) {}

  private static Listed listed(String line) {
    return PayloadCodec.read(
        new Message("line", "line", "", Headers.NONE, "", Payload.json(line)), Listed.class, false);
  }

  private int run(String... arguments) {
    out.getBuffer().setLength(0);
    err.getBuffer().setLength(0);
    List<String> all = new ArrayList<>(List.of(arguments));
    all.add("--broker=" + url);
    return LeatCommand.line()
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(all.toArray(String[]::new));
  }
}
