package dev.leat.redis;

import static dev.leat.testkit.Awaiting.result;
import static dev.leat.testkit.Awaiting.until;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.leat.BadConfiguration;
import dev.leat.BrokerUnavailable;
import dev.leat.Leat;
import dev.leat.LeatException;
import dev.leat.Message;
import dev.leat.Payload;
import dev.leat.Position;
import dev.leat.Reply;
import dev.leat.StreamFull;
import dev.leat.StreamRef;
import dev.leat.Topic;
import dev.leat.Worker;
import dev.leat.broker.GroupHealth;
import dev.leat.broker.Subscription;
import dev.leat.wire.DeadLetter;
import dev.leat.wire.StreamKeys;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What goes wrong with Redis in production, each once. */
class RedisTrapsTest {
  private static final Duration LONG = Duration.ofSeconds(20);
  private static final Topic ECHO = Topic.of("echo");

  @TempDir private Path folder;
  private RedisServerProcess redis = RedisServerProcess.start(RedisServerProcess.CURRENT);

  @AfterEach
  void stop() {
    redis.close();
  }

  @Test
  void a_read_that_blocks_holds_up_nobody() {
    try (Leat leat = Leat.connect(redis.url())) {
      List<Subscription> idle =
          IntStream.range(0, 3)
              .mapToObj(
                  i -> leat.broker().tail(new StreamRef.At("idle" + i), Position.NOW, batch -> {}))
              .toList();
      idle.forEach(subscription -> subscription.request(1));
      idle.forEach(subscription -> result(subscription.ready()));
      echo(leat).start();
      long begin = System.nanoTime();

      for (int i = 0; i < 20; i++) {
        call(leat, "x");
        result(leat.broker().health(ECHO.incoming()));
      }
      assertThat(Duration.ofNanos(System.nanoTime() - begin))
          .as("20 round trips against one block of the server")
          .isLessThan(Duration.ofMillis(Reading.BLOCK));
    }
  }

  @Test
  void a_server_that_freezes_is_seen_in_seconds_and_worked_with_again() {
    try (Leat leat = Leat.connect(redis.url())) {
      echo(leat).start();
      call(leat, "before");
      redis.freeze();
      try {
        assertThatThrownBy(() -> leat.caller().send("echo", "echo", "nobody hears it"))
            .isInstanceOfSatisfying(
                BrokerUnavailable.class,
                away -> assertThat(away.isUncertain()).as("it may hear it later").isTrue());
      } finally {
        redis.thaw();
      }

      until("it is worked with again", () -> answers(leat));
    }
  }

  @Test
  void what_a_frozen_server_does_not_take_is_refused_before_it_fills_the_memory() {
    try (Leat leat = Leat.connect(redis.url())) {
      call(echo(leat).start(), leat);
      redis.freeze();
      try {
        byte[] large = new byte[1 << 20];
        List<CompletableFuture<byte[]>> calls =
            IntStream.range(0, 200)
                .mapToObj(i -> leat.caller().callAsync("big", "big", large, byte[].class, LONG))
                .map(call -> call.toCompletableFuture())
                .toList();

        until("some are refused", () -> calls.stream().anyMatch(RedisTrapsTest::doesNotKeepUp));
      } finally {
        redis.thaw();
      }
    }
  }

  @Test
  void an_append_whose_answer_was_lost_is_made_again_only_if_it_is_not_there() {
    try (FaultProxy way = new FaultProxy(redis.port());
        RedisClient client = new RedisClient(redis.port());
        Leat leat = Leat.connect(way.url())) {
      leat.caller().send("orders", "order", "0");
      way.mute();
      List<CompletableFuture<String>> sent =
          IntStream.range(1, 4)
              .mapToObj(
                  i ->
                      CompletableFuture.supplyAsync(
                          () -> leat.caller().send("orders", "order", "" + i),
                          Thread::startVirtualThread))
              .toList();
      String stream = StreamKeys.of(Topic.of("orders").incoming());
      until("the server has them", () -> client.entries(stream).size() == 4);
      way.cut();

      List<String> ids = sent.stream().map(CompletableFuture::join).toList();
      assertThat(client.entries(stream).stream().skip(1).map(List::getFirst))
          .containsExactlyInAnyOrderElementsOf(ids);
    }
  }

  @Test
  void an_append_that_the_server_never_got_is_made_again() {
    try (FaultProxy way = new FaultProxy(redis.port());
        Leat leat = Leat.connect(way.url())) {
      leat.caller().send("orders", "order", "first");
      way.hold();
      CompletableFuture<String> sent =
          CompletableFuture.supplyAsync(
              () -> leat.caller().send("orders", "order", "second"), Thread::startVirtualThread);
      until("it is on its way", () -> way.held().contains("second"));
      way.cut();

      assertThat(sent.join()).isNotEmpty();
      assertThat(result(leat.broker().health(Topic.of("orders").incoming())).length()).hasValue(2);
    }
  }

  @Test
  void a_completion_whose_answer_was_lost_is_made_again_and_answers_once() {
    AtomicInteger handled = new AtomicInteger();
    try (FaultProxy way = new FaultProxy(redis.port());
        RedisClient client = new RedisClient(redis.port());
        Leat working = Leat.connect(way.url());
        Leat calling = Leat.connect(redis.url())) {
      CountDownLatch begun = new CountDownLatch(1);
      CountDownLatch go = new CountDownLatch(1);
      Worker worker =
          working
              .worker("echo")
              .on(
                  "echo",
                  String.class,
                  (text, request) -> {
                    if (text.equals("x")) {
                      handled.incrementAndGet();
                      begun.countDown();
                      go.await();
                    }
                    return text;
                  })
              .start();
      call(calling, "the server has seen the scripts");
      CompletableFuture<String> answer =
          calling.caller().callAsync("echo", "echo", "x", String.class, LONG).toCompletableFuture();
      until("it is begun", () -> begun.getCount() == 0);
      way.mute();
      go.countDown();

      assertThat(answer.join()).isEqualTo("x");
      way.cut();
      until("it is ended", () -> pending(client) == 0 && worker.inFlight() == 0);
      assertThat(handled).hasValue(1);
      assertThat(worker.counts().replied()).isEqualTo(2);
      assertThat(worker.counts().late()).isZero();
    }
  }

  @Test
  void a_server_out_of_memory_takes_no_more_requests_but_is_drained() {
    try (Leat leat = Leat.connect(redis.url());
        RedisClient client = new RedisClient(redis.port())) {
      CountDownLatch begun = new CountDownLatch(5);
      CountDownLatch full = new CountDownLatch(1);
      leat.worker("echo")
          .on(
              "echo",
              String.class,
              (text, request) -> {
                begun.countDown();
                full.await();
                return text;
              })
          .start();
      List<CompletableFuture<String>> answers =
          IntStream.range(0, 5)
              .mapToObj(i -> leat.caller().callAsync("echo", "echo", "" + i, String.class, LONG))
              .map(answer -> answer.toCompletableFuture())
              .toList();
      until("all are begun", () -> begun.getCount() == 0);
      client.send("CONFIG", "SET", "maxmemory", "1");

      assertThatThrownBy(() -> call(leat, "one more")).isInstanceOf(StreamFull.class);
      full.countDown();
      assertThat(answers.stream().map(CompletableFuture::join))
          .containsExactly("0", "1", "2", "3", "4");
      until("nothing is pending", () -> pending(client) == 0);
      client.send("CONFIG", "SET", "maxmemory", "0");
      assertThat(call(leat, "again")).isEqualTo("again");
    }
  }

  @Test
  void a_server_that_what_is_completed_has_filled_takes_requests_again_soon() {
    try (Leat leat = Leat.connect(redis.url());
        RedisClient client = new RedisClient(redis.port())) {
      client.send("CONFIG", "SET", "maxmemory", "48mb");
      leat.worker("upload")
          .on("upload", Payload.class, (payload, request) -> Reply.empty())
          .start();
      byte[] upload = new byte[3_000_000];

      for (int i = 0; i < 60; i++) {
        until("it is taken", () -> isTaken(leat, upload));
      }
      assertThat(
              client
                  .send(
                      "XPENDING",
                      StreamKeys.of(Topic.of("upload").incoming()),
                      Worker.DEFAULT_GROUP)
                  .items()
                  .getFirst()
                  .number())
          .isZero();
    }
  }

  private static boolean isTaken(Leat leat, byte[] upload) {
    try {
      leat.caller().call("upload", "upload", upload, Payload.class, LONG);
      return true;
    } catch (StreamFull full) {
      return false;
    }
  }

  @Test
  void a_server_that_evicts_is_refused_unless_it_is_allowed() {
    redis.close();
    redis =
        RedisServerProcess.start(RedisServerProcess.CURRENT, "--maxmemory-policy", "allkeys-lru");

    assertThatThrownBy(() -> Leat.connect(redis.url()))
        .isInstanceOf(BadConfiguration.class)
        .hasMessageContaining("allkeys-lru")
        .hasMessageContaining("?eviction=allowed");
    assertThatThrownBy(() -> Leat.connect(redis.url() + "?eviction=maybe"))
        .isInstanceOf(BadConfiguration.class);
    try (Leat leat = Leat.connect(redis.url() + "?eviction=allowed")) {
      echo(leat).start();
      assertThat(call(leat, "x")).isEqualTo("x");
    }
  }

  @Test
  void a_server_that_is_read_only_for_a_while_is_waited_for() {
    try (Leat leat = Leat.connect(redis.url());
        RedisClient client = new RedisClient(redis.port())) {
      echo(leat).start();
      call(leat, "before");
      client.send("REPLICAOF", "127.0.0.1", "1");
      CompletableFuture<String> answer =
          leat.caller().callAsync("echo", "echo", "x", String.class, LONG).toCompletableFuture();
      leat.loop().schedule(Duration.ofMillis(500), () -> noReplica(client));

      assertThat(answer.join()).isEqualTo("x");
    }
  }

  @Test
  void a_server_that_is_still_loading_is_waited_for() {
    redis.close();
    redis = RedisServerProcess.withLog(folder, "--key-load-delay", "2000");
    try (Leat leat = Leat.connect(redis.url());
        RedisClient client = new RedisClient(redis.port())) {
      echo(leat).start();
      call(leat, "before");
      for (int i = 0; i < 500; i++) {
        client.send("SET", "key" + i, "x");
      }
      client.send("BGREWRITEAOF");
      until("it is rewritten", () -> info(client, "aof_rewrite_in_progress:0"));
      redis.restart();

      until("it is worked with again", () -> answers(leat));
    }
  }

  @Test
  void a_member_whose_read_is_unblocked_with_an_error_goes_on() {
    try (Leat leat = Leat.connect(redis.url());
        RedisClient client = new RedisClient(redis.port())) {
      echo(leat).start();
      call(leat, "before");
      client
          .send("CLIENT", "LIST")
          .text()
          .lines()
          .filter(line -> line.contains("cmd=xreadgroup"))
          .map(line -> line.substring(3, line.indexOf(' ')))
          .forEach(id -> client.send("CLIENT", "UNBLOCK", id, "ERROR"));

      assertThat(call(leat, "after")).isEqualTo("after");
    }
  }

  @Test
  void an_entry_that_was_deleted_while_it_was_pending_is_a_dead_letter_that_says_so() {
    try (Leat leat = Leat.connect(redis.url());
        RedisClient client = new RedisClient(redis.port())) {
      leat.caller().send("echo", "echo", "x");
      client.startGroup(StreamKeys.of(ECHO.incoming()), Worker.DEFAULT_GROUP);
      client.takeOne(StreamKeys.of(ECHO.incoming()), Worker.DEFAULT_GROUP, "dead");
      String entry =
          client
              .send("XRANGE", StreamKeys.of(ECHO.incoming()), "-", "+")
              .items()
              .getFirst()
              .items()
              .getFirst()
              .text();
      client.send("XDEL", StreamKeys.of(ECHO.incoming()), entry);
      echo(leat).lease(Duration.ofMillis(200)).start();

      until("it is reported", () -> !deadLetters(leat).isEmpty());
      DeadLetter letter = deadLetters(leat).getFirst();
      assertThat(letter.cause()).isEqualTo("Payload lost");
      assertThat(letter.message().id()).isEqualTo(entry);
      assertThat(letter.attempts()).isEqualTo(1);
      assertThat(pending(client)).isZero();
    }
  }

  @Test
  void more_than_one_portion_of_a_dead_members_messages_is_claimed() {
    try (Leat leat = Leat.connect(redis.url());
        RedisClient client = new RedisClient(redis.port())) {
      client.startGroup(StreamKeys.of(ECHO.incoming()), Worker.DEFAULT_GROUP);
      for (int i = 0; i < 350; i++) {
        leat.caller().send("echo", "echo", "" + i);
      }
      client.send(
          "XREADGROUP",
          "GROUP",
          Worker.DEFAULT_GROUP,
          "dead",
          "COUNT",
          "350",
          "STREAMS",
          StreamKeys.of(ECHO.incoming()),
          ">");
      Set<String> handled = ConcurrentHashMap.newKeySet();
      leat.worker("echo")
          .lease(Duration.ofMillis(200))
          .on(
              "echo",
              String.class,
              (text, request) -> {
                handled.add(text + " " + request.attempt());
                return "";
              })
          .start();

      until("all are handled", () -> handled.size() == 350);
      assertThat(handled).allMatch(text -> text.endsWith(" 2"));
    }
  }

  @Test
  void a_member_that_leaves_is_removed_once_it_holds_nothing() {
    try (Leat leat = Leat.connect(redis.url());
        RedisClient client = new RedisClient(redis.port())) {
      Worker leaving = echo(leat).named("leaving").start();
      echo(leat).named("staying").start();
      until(
          "both have been at work",
          () -> call(leat, "x").equals("x") && members(client).size() == 2);
      leaving.close();

      until("one is left", () -> members(client).equals(List.of("staying-1")));
      assertThat(call(leat, "y")).isEqualTo("y");
    }
  }

  @Test
  void what_waits_is_counted_even_where_the_server_has_lost_count() {
    try (Leat leat = Leat.connect(redis.url());
        RedisClient client = new RedisClient(redis.port())) {
      for (int i = 0; i < 5; i++) {
        leat.caller().send("echo", "echo", "" + i);
      }
      client.startGroup(StreamKeys.of(ECHO.incoming()), "g");
      String third =
          client
              .send("XRANGE", StreamKeys.of(ECHO.incoming()), "-", "+")
              .items()
              .get(2)
              .items()
              .getFirst()
              .text();
      client.send("XDEL", StreamKeys.of(ECHO.incoming()), third);
      Resp groups = client.send("XINFO", "GROUPS", StreamKeys.of(ECHO.incoming()));
      assertThat(Fields.of(groups.items().getFirst()).number("lag"))
          .as("the server does not know")
          .isEmpty();

      GroupHealth group = result(leat.broker().health(ECHO.incoming())).groups().getFirst();
      assertThat(group.backlog()).hasValue(4);
    }
  }

  @Test
  void a_server_that_is_killed_and_restarted_with_its_log_under_load_loses_nothing_accepted() {
    redis.close();
    redis = RedisServerProcess.withLog(folder);
    Set<String> handled = ConcurrentHashMap.newKeySet();
    List<String> accepted = new CopyOnWriteArrayList<>();
    try (Leat leat = Leat.connect(redis.url());
        RedisClient client = new RedisClient(redis.port())) {
      leat.worker("echo")
          .lease(Duration.ofSeconds(1))
          .on(
              "echo",
              Message.class,
              (message, request) -> {
                handled.add(message.id());
                return Reply.empty();
              })
          .start();
      AtomicBoolean over = new AtomicBoolean();
      List<Thread> senders =
          IntStream.range(0, 20)
              .mapToObj(i -> Thread.startVirtualThread(() -> send(leat, accepted, over)))
              .toList();
      until("there is load", () -> accepted.size() > 500);
      redis.restart();
      int before = accepted.size();
      until("it goes on", () -> accepted.size() > before + 500);
      over.set(true);
      senders.forEach(RedisTrapsTest::join);

      until("all that were accepted are handled", () -> handled.containsAll(accepted));
      until("nothing is pending", () -> pending(client) == 0);
      assertThat(accepted).doesNotHaveDuplicates();
    }
  }

  private static void send(Leat leat, List<String> accepted, AtomicBoolean over) {
    while (!over.get()) {
      try {
        accepted.add(leat.caller().send("echo", "echo", "x"));
      } catch (LeatException refused) {
        // Tried again at once: that is the load.
      }
    }
  }

  private static void join(Thread thread) {
    try {
      thread.join();
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private static void noReplica(RedisClient client) {
    Thread.startVirtualThread(() -> client.send("REPLICAOF", "NO", "ONE"));
  }

  private static boolean info(RedisClient client, String line) {
    return client.send("INFO", "persistence").text().contains(line);
  }

  private static Worker echo(Leat leat) {
    return leat.worker("echo").on("echo", String.class, (text, request) -> text);
  }

  private static void call(Worker started, Leat leat) {
    assertThat(started.inFlight()).isZero();
    call(leat, "x");
  }

  private static String call(Leat leat, String text) {
    return leat.caller().call("echo", "echo", text, String.class, LONG);
  }

  private static boolean answers(Leat leat) {
    try {
      return leat.caller()
          .call("echo", "echo", "x", String.class, Duration.ofSeconds(2))
          .equals("x");
    } catch (LeatException notYet) {
      return false;
    }
  }

  private static boolean doesNotKeepUp(CompletableFuture<?> call) {
    return call.isCompletedExceptionally()
        && String.valueOf(call.exceptionNow().getMessage()).contains("does not keep up");
  }

  private static long pending(RedisClient client) {
    return client
        .send("XPENDING", StreamKeys.of(ECHO.incoming()), Worker.DEFAULT_GROUP)
        .items()
        .getFirst()
        .number();
  }

  private static List<String> members(RedisClient client) {
    return client
        .send("XINFO", "CONSUMERS", StreamKeys.of(ECHO.incoming()), Worker.DEFAULT_GROUP)
        .items()
        .stream()
        .map(member -> Fields.of(member).text("name"))
        .toList();
  }

  private static List<DeadLetter> deadLetters(Leat leat) {
    return result(leat.broker().range(ECHO.deadLetters(), Position.START, 10)).stream()
        .map(entry -> DeadLetter.read(entry.message()))
        .toList();
  }
}
