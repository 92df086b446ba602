package dev.leat.redis;

import static dev.leat.testkit.Awaiting.result;
import static dev.leat.testkit.Awaiting.stays;
import static dev.leat.testkit.Awaiting.until;
import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.Handler;
import dev.leat.Leat;
import dev.leat.Topic;
import dev.leat.Worker;
import dev.leat.WorkerEvent;
import dev.leat.wire.StreamKeys;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Who is a member, as operators see it, and who may be one under which name. */
class RedisMembersTest {
  private static final Topic TOPIC = Topic.of("members");
  private static final Duration A_WHILE = Duration.ofSeconds(61);

  private final List<AutoCloseable> opened = new CopyOnWriteArrayList<>();

  @AfterEach
  void stop() throws Exception {
    for (AutoCloseable one : opened.reversed()) {
      one.close();
    }
  }

  @Test
  void members_that_have_had_nothing_to_do_for_long_are_members() {
    RedisServerProcess redis = started();
    Leat leat = opened(Leat.connect(redis.url()));
    worker(leat).members(3).start();
    until("all are there", () -> members(leat) == 3);

    redis.setClock(A_WHILE);

    // Each says within some seconds that it lives.
    until("all are there", () -> members(leat) == 3);
  }

  @Test
  void a_member_that_was_killed_is_none_soon_though_nobody_is_left_to_remove_it() {
    RedisServerProcess redis = started();
    Leat leat = opened(Leat.connect(redis.url()));
    FaultProxy proxy = opened(new FaultProxy(redis.port()));
    Leat killed = opened(Leat.connect(proxy.url()));
    worker(killed).start();
    until("it is there", () -> members(leat) == 1);
    proxy.slam(true);
    proxy.cut();

    redis.setClock(Duration.ofSeconds(20));

    until("it is not", () -> members(leat) == 0);
  }

  @Test
  void a_worker_of_another_make_is_a_member_for_a_minute_after_it_was_seen() {
    RedisServerProcess redis = started();
    Leat leat = opened(Leat.connect(redis.url()));
    RedisClient other = opened(new RedisClient(redis.port()));
    other.startGroup(StreamKeys.of(TOPIC.incoming()), Worker.DEFAULT_GROUP);
    other.send(
        "XGROUP",
        "CREATECONSUMER",
        StreamKeys.of(TOPIC.incoming()),
        Worker.DEFAULT_GROUP,
        "python-1");

    redis.setClock(Duration.ofSeconds(20));
    assertThat(members(leat)).isEqualTo(1);
    redis.setClock(A_WHILE);
    assertThat(members(leat)).isZero();
  }

  @Test
  void who_takes_a_name_that_is_taken_is_told_so_and_goes_by_another() {
    RedisServerProcess redis = RedisServerProcess.shared(RedisServerProcess.CURRENT);
    Leat one = opened(Leat.connect(redis.url()));
    Leat other = opened(Leat.connect(redis.url()));
    List<WorkerEvent> events = new CopyOnWriteArrayList<>();
    worker(one).named("w").start();
    until("the first is there", () -> members(one) == 1);
    worker(other).named("w").onEvent(events::add).start();

    until("both are there", () -> members(one) == 2);
    assertThat(events)
        .filteredOn(WorkerEvent.Crashed.class::isInstance)
        .singleElement()
        .extracting(event -> ((WorkerEvent.Crashed) event).cause())
        .hasToString(
            "dev.leat.BadConfiguration: another worker is at work as 'w-1' in group 'workers' of"
                + " topic members: name them apart, or leave the name out");
    assertThat(names(redis)).containsExactlyInAnyOrder("w-1", "w-1~2");
  }

  @Test
  void a_name_is_free_once_its_holder_has_gone_and_lost_to_who_came_while_it_was_away() {
    RedisServerProcess redis = started();
    FaultProxy proxy = opened(new FaultProxy(redis.port()));
    Leat away = opened(Leat.connect(proxy.url()));
    Leat leat = opened(Leat.connect(redis.url()));
    worker(away).named("w").start();
    until("the first is there", () -> members(leat) == 1);
    proxy.slam(true);
    proxy.cut();
    worker(leat).named("w").start();
    until("the second has its name", () -> names(redis).equals(List.of("w-1")) && isHeld(leat));
    proxy.slam(false);

    until("the first has another", () -> names(redis).contains("w-1~2"));
    assertThat(names(redis)).hasSize(2);
  }

  @Test
  void many_of_one_name_all_find_another_at_once() {
    RedisServerProcess redis = started();
    List<WorkerEvent.Crashed> refused = new CopyOnWriteArrayList<>();
    for (int i = 0; i < 8; i++) {
      worker(opened(Leat.connect(redis.url())))
          .named("w")
          .onEvent(
              event -> {
                if (event instanceof WorkerEvent.Crashed crashed) {
                  refused.add(crashed);
                }
              })
          .start();
    }
    Leat leat = opened(Leat.connect(redis.url()));

    until("all are there", () -> members(leat) == 8);
    assertThat(refused)
        .isNotEmpty()
        .allSatisfy(one -> assertThat(one.pause()).isLessThan(Duration.ofMillis(100)));
  }

  @Test
  void a_member_that_is_closed_while_it_joins_does_not_live_on() {
    RedisServerProcess redis = started();
    Worker worker = worker(opened(Leat.connect(redis.url()))).members(1).start();
    for (int i = 0; i < 50; i++) {
      worker.members(4);
      worker.members(1);
    }
    until("one is left", () -> names(redis).size() == 1);
    // One that lives says so every five seconds.
    stays("one is left", Duration.ofSeconds(6), () -> names(redis).size() == 1);
  }

  @Test
  void a_member_that_drains_keeps_its_name_when_its_connection_is_another()
      throws InterruptedException {
    RedisServerProcess redis = started();
    FaultProxy proxy = opened(new FaultProxy(redis.port()));
    Leat leat = opened(Leat.connect(redis.url()));
    CountDownLatch goOn = new CountDownLatch(1);
    AtomicInteger handled = new AtomicInteger();
    Handler<String> handler =
        (text, request) -> {
          handled.incrementAndGet();
          goOn.await();
          return text;
        };
    Worker draining = opened(Leat.connect(proxy.url())).worker(TOPIC.toString());
    draining.named("w").on("t", String.class, handler).start();
    leat.caller().send(TOPIC.toString(), "t", "x");
    until("it is at work", () -> handled.get() == 1);
    String holder = holder(redis);
    Thread closing = Thread.startVirtualThread(draining::close);
    proxy.cut();
    until("it has its name again", () -> !holder(redis).equals(holder));

    leat.worker(TOPIC.toString()).named("w").on("t", String.class, handler).start();
    until("the other goes by another", () -> names(redis).contains("w-1~2"));
    goOn.countDown();
    closing.join();
    assertThat(handled).hasValue(1);
  }

  private static String holder(RedisServerProcess redis) {
    try (RedisClient client = new RedisClient(redis.port())) {
      return client.send(
                  "HGET",
                  Registration.key(StreamKeys.of(TOPIC.incoming())),
                  Worker.DEFAULT_GROUP + "\0w-1")
              instanceof Resp.Text known
          ? known.text()
          : "";
    }
  }

  private static boolean isHeld(Leat leat) {
    return members(leat) == 1;
  }

  private static Worker worker(Leat leat) {
    return leat.worker(TOPIC.toString()).on("t", String.class, (text, request) -> text);
  }

  private static int members(Leat leat) {
    return result(leat.broker().health(TOPIC.incoming())).groups().stream()
        .mapToInt(group -> group.members().orElseThrow())
        .sum();
  }

  private static List<String> names(RedisServerProcess redis) {
    try (RedisClient client = new RedisClient(redis.port())) {
      return client
          .send("XINFO", "CONSUMERS", StreamKeys.of(TOPIC.incoming()), Worker.DEFAULT_GROUP)
          .items()
          .stream()
          .map(member -> Fields.of(member).text("name"))
          .toList();
    }
  }

  private RedisServerProcess started() {
    return opened(RedisServerProcess.startWithClock());
  }

  private <T extends AutoCloseable> T opened(T one) {
    opened.add(one);
    return one;
  }
}
