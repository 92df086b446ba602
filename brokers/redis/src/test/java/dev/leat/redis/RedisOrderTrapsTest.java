package dev.leat.redis;

import static dev.leat.testkit.Awaiting.result;
import static dev.leat.testkit.Awaiting.stays;
import static dev.leat.testkit.Awaiting.until;
import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.Leat;
import dev.leat.Topic;
import dev.leat.Worker;
import dev.leat.broker.Delivery;
import dev.leat.broker.Membership;
import dev.leat.broker.Subscription;
import dev.leat.testkit.Inbox;
import dev.leat.wire.StreamKeys;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What goes wrong with Redis while a group keeps order by key. */
class RedisOrderTrapsTest {
  private static final Topic TOPIC = Topic.of("accounts");
  private static final String STREAM = StreamKeys.of(TOPIC.incoming());
  private static final String GROUP = Worker.DEFAULT_GROUP;
  private static final Duration LEASE = Duration.ofMillis(300);
  private static final String ORDER = Claims.order(Membership.of(TOPIC, GROUP, "any"));

  /** As a command, which the text of a script is not. */
  private static final String READ = "\r\nXREAD\r\n";

  /** What a member asks last before it looks for what it lost. */
  private static final String[] JOINED = {"\r\nXINFO\r\n", "\r\nGROUPS\r\n"};

  /** What a member asks that looks for what it lost, and nobody else. */
  private static final String[] LOST = {"\r\nXPENDING\r\n", "\r\n10000\r\n"};

  /** Appends more of one key than a group reads ahead. */
  private static final String MANY =
      """
      for i = 0, 10499 do
        redis.call('XADD', KEYS[1], '*',
          'id-' .. i, 'book', '', '{"key":"a"}', 'text', '', 'UnoccupiedField', 'a' .. i)
      end
      """;

  /** More places than a group reads ahead, of entries that are not pending. */
  private static final String LEAKED =
      """
      for i = 1, 10500 do
        redis.call('ZADD', KEYS[1], 0,
          redis.sha1hex('key' .. i) .. string.format('%020d-%020d', 1700000000000 + i, 0))
      end
      """;

  private final RedisServerProcess redis = RedisServerProcess.start(RedisServerProcess.CURRENT);
  private final RedisClient client = new RedisClient(redis.port());
  private final Collection<String> begun = new ConcurrentLinkedQueue<>();

  /** A handler takes one of these to end. */
  private final Semaphore permits = new Semaphore(0);

  private Leat leat;

  @BeforeEach
  void connect() {
    leat = Leat.connect(redis.url());
  }

  @AfterEach
  void stop() {
    permits.release(1_000_000);
    leat.close();
    client.close();
    redis.close();
  }

  @Test
  void one_that_somebody_takes_off_the_group_by_hand_holds_up_its_key_no_longer() {
    send("a", 3);
    start();
    until("the first is begun", () -> begun.size() == 1);
    client.send("XACK", STREAM, GROUP, ids().getFirst());

    until("the second is begun", () -> begun.size() == 2);
    permits.release(10);
    until("nothing is pending", () -> pending() == 0);
    assertThat(begun).containsExactly("a0", "a1", "a2");
  }

  @Test
  void one_that_is_deleted_while_it_waits_for_its_turn_is_a_dead_letter_and_the_next_goes_on() {
    send("a", 3);
    start();
    until("two wait", () -> begun.size() == 1 && pending() == 3);
    client.send("XDEL", STREAM, ids().get(1));
    permits.release(10);

    until("the third is begun", () -> begun.size() == 2);
    until("nothing is pending", () -> pending() == 0);
    assertThat(begun).containsExactly("a0", "a2");
    assertThat(client.entries(StreamKeys.of(TOPIC.deadLetters()))).hasSize(1);
  }

  @Test
  void what_waits_for_its_turn_is_not_lost_with_its_group() {
    send("a", 20);
    send("b", 20);
    start();
    until("all are read", () -> begun.size() == 2 && pending() == 40);
    client.send("XGROUP", "DESTROY", STREAM, GROUP);
    until("the group is there again", this::isGroupThere);
    permits.release(1_000);

    until("all is done", () -> begun.containsAll(List.of("a19", "b19")) && pending() == 0);
    assertThat(distinct("a")).isEqualTo(numbered("a", 20));
    assertThat(distinct("b")).isEqualTo(numbered("b", 20));
  }

  @Test
  void a_server_that_comes_back_empty_is_worked_with_again() {
    send("a", 3);
    start();
    until("all are read", () -> begun.size() == 1 && pending() == 3);
    client.send("FLUSHALL");
    permits.release(1_000);
    until("the group is there again", this::isGroupThere);
    send("b", 5);

    until("it goes on", () -> begun.contains("b4") && pending() == 0);
    assertThat(distinct("b")).isEqualTo(numbered("b", 5));
    assertThat(client.send("EXISTS", ORDER).number()).isEqualTo(1);
  }

  @Test
  void what_was_on_its_way_when_the_connection_was_lost_is_taken_back_before_what_follows() {
    permits.release(1_000_000);
    try (FaultProxy way = new FaultProxy(redis.port());
        Leat through = Leat.connect(way.url())) {
      ordered(through).lease(Duration.ofSeconds(30)).start();
      send("a", 1);
      until("it works", () -> begun.size() == 1 && pending() == 0);
      way.keep(RedisOrderTrapsTest::handsOver);
      send("a", 2);
      until("the server has handed one over", way::keeps);
      way.cut();

      until("both are done long before a lease is over", () -> begun.size() == 3);
      until("nothing is pending", () -> pending() == 0);
      assertThat(begun).containsExactly("a0", "a0", "a1");
    }
  }

  @Test
  void what_an_answer_still_brings_is_not_taken_for_lost_when_another_connection_was() {
    permits.release(1_000_000);
    try (FaultProxy way = new FaultProxy(redis.port());
        Leat through = Leat.connect(way.url())) {
      ordered(through).lease(Duration.ofSeconds(30)).start();
      until("it waits for what is new", () -> way.lastSaid(READ, STREAM));
      way.keep(RedisOrderTrapsTest::handsOver);
      send("a", 1);
      until("the server has handed it over", way::keeps);
      way.cutWhere(READ, STREAM);
      until("it is back", () -> way.lastSaid(JOINED) || way.lastSaid(LOST));

      stays("it does not look for what it lost", Duration.ofMillis(300), () -> !way.lastSaid(LOST));
      way.give();
      until("it is done", () -> begun.size() >= 1 && pending() == 0);
      until("it waits for what is new again", () -> way.lastSaid(READ, STREAM));
      assertThat(begun).containsExactly("a0");
    }
  }

  @Test
  void a_completion_that_comes_late_does_not_say_that_it_was_done_nor_let_the_next_of_its_key_go() {
    try (FaultProxy way = new FaultProxy(redis.port());
        Leat through = Leat.connect(way.url())) {
      Inbox first = new Inbox();
      Inbox second = new Inbox();
      through.broker().subscribe(ordered("first", Duration.ofSeconds(10)), first).request(10);
      send("a", 2);
      Delivery mine = first.await(1).getFirst();
      way.hold();
      CompletionStage<Boolean> done = mine.complete(List.of());
      until("it is on its way", () -> way.held().contains(Script.COMPLETE.digest()));
      leat.broker().subscribe(ordered("second", LEASE.multipliedBy(2)), second).request(10);
      Delivery again = second.await(1).getFirst();
      way.cut();

      assertThat(result(done)).as("another has it").isFalse();
      stays(
          "its key is at work", LEASE.dividedBy(2), () -> second.size() == 1 && first.size() == 1);
      assertThat(result(again.complete(List.of()))).isTrue();
      until("the next is handed over", () -> first.size() + second.size() == 3);
    }
  }

  @Test
  void places_in_the_order_end_with_what_stood_there_even_if_its_member_goes() {
    Inbox inbox = new Inbox();
    Subscription subscription = leat.broker().subscribe(ordered("m", LEASE), inbox);
    subscription.request(10);
    IntStream.range(0, 5).forEach(i -> send("key" + i, 1));
    List<Delivery> deliveries = inbox.await(5);
    assertThat(client.send("ZCARD", ORDER).number()).isEqualTo(6);
    subscription.close();
    deliveries.forEach(delivery -> result(delivery.complete(List.of())));

    assertThat(client.send("ZCARD", ORDER).number()).isEqualTo(1);
  }

  @Test
  void places_that_nobody_has_any_more_are_removed_and_do_not_keep_a_group_from_reading() {
    client.send("EVAL", LEAKED, "1", ORDER);
    send("a", 1);
    start();
    permits.release(10);

    until("it reads on", () -> begun.contains("a0"));
    until("they are gone", () -> client.send("ZCARD", ORDER).number() == 1);
  }

  @Test
  void a_server_out_of_memory_is_drained_in_order() {
    send("a", 50);
    send("b", 50);
    start();
    until("two are begun", () -> begun.size() == 2);
    client.send("CONFIG", "SET", "maxmemory", "1");
    permits.release(1_000);

    until("all is done", () -> begun.size() == 100 && pending() == 0);
    assertThat(distinct("a")).isEqualTo(numbered("a", 50));
    assertThat(distinct("b")).isEqualTo(numbered("b", 50));
    client.send("CONFIG", "SET", "maxmemory", "0");
  }

  @Test
  void a_group_reads_so_far_ahead_of_a_key_that_stands_still_and_no_further() {
    client.send("EVAL", MANY, "1", STREAM);
    send("b", 1);
    ordered(leat).start();
    until("it has read as far as it may", () -> client.send("ZCARD", ORDER).number() > 10_000);
    assertThat(begun).containsExactly("a0");
    assertThat(client.send("ZCARD", ORDER).number()).isLessThan(10_500);

    permits.release(1_000_000);
    until("the other had its turn in the end", () -> begun.contains("b0") && pending() == 0);
    assertThat(distinct("a")).isEqualTo(numbered("a", 10_500));
    assertThat(client.send("ZCARD", ORDER).number()).isEqualTo(1);
  }

  /** Not the answer that only says that there is something new, which names the stream. */
  private static boolean handsOver(String answer) {
    return answer.contains("\r\na0\r\n") && !answer.contains(STREAM);
  }

  private static Membership ordered(String name, Duration lease) {
    return Membership.of(TOPIC, GROUP, name).withLease(lease).inOrder();
  }

  private void start() {
    ordered(leat).lease(LEASE).start();
  }

  private Worker ordered(Leat with) {
    return with.worker(TOPIC.toString())
        .ordered()
        .drain(Duration.ofMillis(100))
        .on(
            "book",
            String.class,
            (text, request) -> {
              begun.add(text);
              permits.acquire();
              return "";
            });
  }

  private void send(String key, int number) {
    for (int i = 0; i < number; i++) {
      leat.caller().withKey(key).send(TOPIC.toString(), "book", key + i);
    }
  }

  private List<String> ids() {
    return RawEntry.ofStream(client.send("XRANGE", STREAM, "-", "+")).stream()
        .map(RawEntry::id)
        .toList();
  }

  private long pending() {
    return client.send("XPENDING", STREAM, GROUP).items().getFirst().number();
  }

  private boolean isGroupThere() {
    return client.send("EXISTS", STREAM).number() == 1
        && !client.send("XINFO", "GROUPS", STREAM).items().isEmpty();
  }

  /** What was begun of a key, each the first time. */
  private List<String> distinct(String key) {
    return begun.stream().filter(text -> text.startsWith(key)).distinct().toList();
  }

  private static List<String> numbered(String key, int number) {
    return IntStream.range(0, number).mapToObj(i -> key + i).toList();
  }
}
