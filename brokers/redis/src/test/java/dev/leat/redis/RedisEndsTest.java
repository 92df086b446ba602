package dev.leat.redis;

import static dev.leat.testkit.Awaiting.result;
import static dev.leat.testkit.Awaiting.stays;
import static dev.leat.testkit.Awaiting.until;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.leat.BadConfiguration;
import dev.leat.Leat;
import dev.leat.Topic;
import dev.leat.Worker;
import dev.leat.WorkerEvent;
import dev.leat.broker.BrokerUrl;
import dev.leat.broker.Delivery;
import dev.leat.broker.Membership;
import dev.leat.broker.Subscription;
import dev.leat.testkit.Inbox;
import dev.leat.wire.StreamKeys;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a server was given comes to exactly one end, whatever somebody does to it by hand. */
class RedisEndsTest {
  private static final Duration LONG = Duration.ofSeconds(20);
  private static final Topic TOPIC = Topic.of("echo");
  private static final String STREAM = StreamKeys.of(TOPIC.incoming());
  private static final String GROUP = Worker.DEFAULT_GROUP;
  private static final Membership MEMBER = Membership.of(TOPIC, GROUP, "m");

  private RedisServerProcess redis = RedisServerProcess.start(RedisServerProcess.CURRENT);
  private RedisClient client = new RedisClient(redis.port());

  @AfterEach
  void stop() {
    client.close();
    redis.close();
  }

  @Test
  void entries_that_break_the_protocol_take_no_room_of_those_that_do_not() {
    try (Leat leat = Leat.connect(redis.url())) {
      leat.worker("echo").concurrency(1).on("echo", String.class, (text, request) -> text).start();
      for (int i = 0; i < 3; i++) {
        client.append(STREAM, "what", "is this");
        assertThat(leat.caller().call("echo", "echo", "a" + i, String.class, LONG))
            .isEqualTo("a" + i);
      }
      assertThat(client.entries(StreamKeys.of(TOPIC.deadLetters()))).hasSize(3);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {RedisServerProcess.CURRENT, RedisServerProcess.OLD})
  void one_that_is_deleted_while_it_is_at_work_for_long_is_answered(String version) {
    startAnew(version);
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    try (Leat leat = Leat.connect(redis.url())) {
      leat.worker("echo")
          .lease(Duration.ofMillis(300))
          .on(
              "echo",
              String.class,
              (text, request) -> {
                begun.countDown();
                go.await();
                return text;
              })
          .start();
      CompletableFuture<String> answer =
          leat.caller().callAsync("echo", "echo", "x", String.class, LONG).toCompletableFuture();
      until("it is begun", () -> begun.getCount() == 0);
      client.send("XDEL", STREAM, firstPending());
      stays("it is at work for leases", Duration.ofSeconds(1), () -> pending() == 1);
      go.countDown();

      assertThat(answer.join()).isEqualTo("x");
      until("nothing is pending", () -> pending() == 0);
      assertThat(client.entries(StreamKeys.of(TOPIC.deadLetters()))).isEmpty();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {RedisServerProcess.CURRENT, RedisServerProcess.OLD})
  void one_that_is_deleted_and_tried_again_is_a_dead_letter_that_says_so(String version) {
    startAnew(version);
    try (Leat leat = Leat.connect(redis.url())) {
      Inbox inbox = new Inbox();
      leat.broker().subscribe(MEMBER, inbox).request(10);
      leat.caller().send("echo", "echo", "x");
      Delivery x = inbox.await(1).getFirst();
      client.send("XDEL", STREAM, firstPending());
      assertThat(result(x.release(Duration.ofMillis(50)))).isTrue();

      until(
          "it is a dead letter",
          () -> client.entries(StreamKeys.of(TOPIC.deadLetters())).size() == 1);
      assertThat(pending()).isZero();
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void a_worker_that_has_to_begin_anew_does_not_begin_again_what_it_is_at(boolean ordered) {
    List<String> begun = new CopyOnWriteArrayList<>();
    List<WorkerEvent> events = new CopyOnWriteArrayList<>();
    CountDownLatch go = new CountDownLatch(1);
    try (Leat leat = Leat.connect(redis.url())) {
      Worker worker = leat.worker("echo").concurrency(5).named("stable").onEvent(events::add);
      (ordered ? worker.ordered() : worker)
          .on(
              "echo",
              String.class,
              (text, request) -> {
                begun.add(text + request.attempt());
                go.await();
                return text;
              })
          .start();
      leat.caller().withKey("k").send("echo", "echo", "x");
      until("it is begun", () -> begun.size() == 1);
      client.send("ACL", "SETUSER", "default", "-xreadgroup");
      leat.caller().withKey("k2").send("echo", "echo", "y");
      until(
          "it cannot go on", () -> events.stream().anyMatch(WorkerEvent.Crashed.class::isInstance));
      client.send("ACL", "SETUSER", "default", "+xreadgroup");
      leat.caller().withKey("k3").send("echo", "echo", "z");

      until("it goes on", () -> begun.contains("z1"));
      stays("x is begun once", Duration.ofSeconds(1), () -> !begun.contains("x2"));
      go.countDown();
      until("nothing is pending", () -> pending() == 0);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 10})
  void what_a_dead_member_held_is_found_soon_behind_much_that_is_delayed(int demand) {
    try (Leat leat = Leat.connect(redis.url())) {
      Inbox inbox = new Inbox();
      Subscription first = leat.broker().subscribe(MEMBER, inbox);
      first.request(590);
      IntStream.range(0, 590).forEach(i -> leat.caller().send("echo", "echo", "" + i));
      inbox.await(590).forEach(one -> result(one.release(Duration.ofHours(1))));
      first.close();
      leat.caller().send("echo", "echo", "dead");
      client.takeOne(STREAM, GROUP, "dead");
      Inbox second = new Inbox();
      long begin = System.nanoTime();
      Membership other = Membership.of(TOPIC, GROUP, "two").withLease(Duration.ofMillis(300));
      leat.broker().subscribe(other, second).request(demand);

      second.await(1);
      assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(3));
      assertThat(second.texts()).containsExactly("dead");
    }
  }

  @Test
  void what_a_dead_member_held_is_found_soon_behind_many_that_wait_for_their_turn() {
    try (Leat leat = Leat.connect(redis.url())) {
      Membership two =
          Membership.of(TOPIC, GROUP, "two").withLease(Duration.ofMillis(600)).inOrder();
      Inbox inbox = new Inbox();
      leat.broker().subscribe(two, inbox).request(3);
      IntStream.range(0, 900).forEach(i -> leat.caller().withKey("a").send("echo", "echo", "" + i));
      leat.caller().withKey("b").send("echo", "echo", "b");
      until("both are handed over", () -> inbox.texts().contains("b") && pending() == 901);
      Delivery a = inbox.await(2).getFirst();
      int before = inbox.size();
      long begin = System.nanoTime();
      until("b comes again", () -> result(a.extend()) && inbox.size() > before);

      assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(5));
      assertThat(inbox.texts().getLast()).isEqualTo("b");
    }
  }

  @Test
  void a_stream_whose_ids_are_ahead_of_the_clock_doubles_nothing_in_others() {
    try (FaultProxy way = new FaultProxy(redis.port());
        Leat leat = Leat.connect(way.url())) {
      long ahead = System.currentTimeMillis() + 60_000;
      client.send("XADD", StreamKeys.of(Topic.of("fast").incoming()), ahead + "-0", "what", "ever");
      leat.caller().send("fast", "x", "1");
      way.mute();
      CompletableFuture<String> sent =
          CompletableFuture.supplyAsync(
              () -> leat.caller().send("echo", "echo", "once"), Thread::startVirtualThread);
      until("it is there", () -> client.send("XLEN", STREAM).number() == 1);
      way.cut();
      assertThat(sent.join()).isNotEmpty();
      assertThat(client.send("XLEN", STREAM).number()).isEqualTo(1);
    }
  }

  @Test
  void a_completion_that_waits_for_the_server_ends_with_the_connection() {
    try (FaultProxy way = new FaultProxy(redis.port())) {
      Leat leat = Leat.connect(way.url());
      Inbox inbox = new Inbox();
      leat.broker().subscribe(MEMBER, inbox).request(1);
      leat.caller().send("echo", "echo", "x");
      Delivery delivery = inbox.await(1).getFirst();
      int visits = way.visits();
      way.slam(true);
      way.cut();
      until("it is thrown out", () -> way.visits() > visits);
      CompletableFuture<Boolean> done = delivery.complete(List.of()).toCompletableFuture();
      leat.close();

      until("it has ended", done::isDone);
      assertThat(done).isCompletedExceptionally();
    }
  }

  @Test
  void a_completion_that_was_refused_and_then_taken_off_by_others_was_not_done() {
    try (Leat leat = Leat.connect(redis.url())) {
      Inbox inbox = new Inbox();
      leat.broker().subscribe(MEMBER, inbox).request(10);
      leat.caller().send("echo", "echo", "x");
      Delivery delivery = inbox.await(1).getFirst();
      String id = firstPending();
      client.send("CONFIG", "SET", "min-replicas-to-write", "1");
      CompletableFuture<Boolean> done = delivery.complete(List.of()).toCompletableFuture();
      until("it was refused", () -> wasRefused());
      // In one write, so that it cannot be tried again in between.
      client.onLoop(
          connection -> {
            connection.send(Command.of("CONFIG", "SET", "min-replicas-to-write", "0"));
            return connection.send(Command.of("XACK", STREAM, GROUP, id));
          });

      assertThat(result(done)).isFalse();
    }
  }

  private boolean wasRefused() {
    return client.send("INFO", "errorstats").text().contains("errorstat_NOREPLICAS");
  }

  @ParameterizedTest
  @CsvSource({
    "redis-server-7.0.15-, min-replicas-to-write, true",
    "redis-server-6.2.6-v5-, min-replicas-to-write, true",
    "redis-server-7.0.15-, maxmemory, false",
    "redis-server-6.2.6-v5-, maxmemory, false"
  })
  void what_a_transaction_is_refused_for_at_its_end_is_understood(
      String version, String setting, boolean passes) throws IOException {
    startAnew(version);
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), redis.port());
        BufferedReader in =
            new BufferedReader(
                new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII))) {
      say(socket, "MULTI\r\nXADD s * a b\r\n");
      assertThat(List.of(in.readLine(), in.readLine())).containsExactly("+OK", "+QUEUED");
      client.send("CONFIG", "SET", setting, "1");
      say(socket, "EXEC\r\n");
      Server server = Server.of(BrokerUrl.parse(redis.url()));
      RedisFailure failure = RedisFailure.of(server, new Resp.Failure(in.readLine().substring(1)));

      assertThat(failure.passes()).isEqualTo(passes);
      assertThat(failure.isOutOfMemory()).isEqualTo(!passes);
    }
  }

  private static void say(Socket socket, String text) throws IOException {
    socket.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
  }

  @Test
  void who_may_end_no_wait_is_handed_what_was_released_soon_all_the_same() {
    client.send("ACL", "SETUSER", "poor", "on", ">pw", "~*", "&*", "+@all", "-client|unblock");
    try (Leat leat = Leat.connect(redis.url().replace("redis://", "redis://poor:pw@"))) {
      Inbox inbox = new Inbox();
      Subscription subscription = leat.broker().subscribe(MEMBER, inbox);
      subscription.request(1);
      leat.caller().send("echo", "echo", "x");
      Delivery x = inbox.await(1).getFirst();
      subscription.request(1);
      long begin = System.nanoTime();
      result(x.release(Duration.ZERO));

      inbox.await(2);
      assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(3));
    }
  }

  @Test
  void a_user_who_may_not_do_things_together_is_refused_at_the_start() {
    client.send("ACL", "SETUSER", "poor", "on", ">s3cret", "~*", "&*", "+@all", "-multi", "-exec");
    String url = redis.url().replace("redis://", "redis://poor:s3cret@");

    assertThatThrownBy(() -> Leat.connect(url))
        .isInstanceOf(BadConfiguration.class)
        .hasMessageContaining("MULTI and EXEC")
        .hasMessageNotContaining("s3cret");
  }

  private void startAnew(String version) {
    stop();
    redis = RedisServerProcess.start(version);
    client = new RedisClient(redis.port());
  }

  private String firstPending() {
    return client.send("XPENDING", STREAM, GROUP).items().get(1).text();
  }

  private long pending() {
    return client.send("XPENDING", STREAM, GROUP).items().getFirst().number();
  }
}
